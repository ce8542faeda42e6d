import { Global, Module } from '@nestjs/common';
import { ProcessRole } from '../config/process-role.js';
import { Settings } from '../config/settings.js';
import { RedisConnections } from './redis-connections.js';

/** Provides Redis in a server; a command runs without it. */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnections,
      inject: [Settings, ProcessRole],
      useFactory: (settings: Settings, role: ProcessRole) => new RedisConnections({ url: role.isServer ? settings.redis.url : null }),
    },
  ],
  exports: [RedisConnections],
})
export class RedisModule {}
