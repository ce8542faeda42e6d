import { Global, Module } from '@nestjs/common';
import { ProcessRole } from '../config/process-role.js';
import { Settings } from '../config/settings.js';
import { RedisConnections } from './redis-connections.js';

/** Redis, for servers; a command that ends by itself does without. */
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
