import { type DynamicModule, Module } from '@nestjs/common';
import { ProcessRole } from './process-role.js';
import { Settings } from './settings.js';

/** Provides the settings and the role of the process to every module. */
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
