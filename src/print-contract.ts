import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { ProcessRole } from './config/process-role.js';
import { loadSettings } from './config/settings.js';
import { configure } from './configure.js';
import { openApiDocument } from './docs.js';
import { asyncApiDocument } from './realtime/docs/asyncapi.js';

// Prints `{ "openapi": …, "asyncapi": … }` and starts nothing: `preview` builds the module graph without its providers.
const settings = loadSettings({ JWT_SECRET: 'unused', DATABASE_URL: 'postgres://unused' });
const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings, ProcessRole.command), {
  preview: true,
  logger: false,
  abortOnError: false,
});
configure(app, settings);
process.stdout.write(JSON.stringify({ openapi: openApiDocument(app), asyncapi: asyncApiDocument(app) }));
