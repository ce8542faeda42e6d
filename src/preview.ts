import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { ProcessRole } from './config/process-role.js';
import { loadSettings } from './config/settings.js';
import { configure } from './configure.js';

/** The application for its documents alone. Nothing is started: `preview` builds the graph of modules without its providers. */
export async function previewApp(): Promise<NestExpressApplication> {
  const settings = loadSettings({ JWT_SECRET: 'unused', DATABASE_URL: 'postgres://unused' });
  const role = ProcessRole.command;
  return configure(
    await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings, role), {
      preview: true,
      logger: false,
      abortOnError: false,
    }),
    settings,
  );
}
