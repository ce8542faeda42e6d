import { type DynamicModule, Module } from '@nestjs/common';
import { ProcessRole } from './process-role.js';
import { Settings } from './settings.js';

/** Settings and the role of the process, for every module without importing this one. */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings, role: ProcessRole): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: ProcessRole, useValue: role },
      ],
      exports: [Settings, ProcessRole],
    };
  }
}
