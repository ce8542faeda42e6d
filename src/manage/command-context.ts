import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Command } from 'commander';
import { Logger } from 'nestjs-pino';
import { AppModule } from '../app.module.js';
import { ProcessRole } from '../config/process-role.js';
import { loadSettings, SettingsError, type Settings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { type OpenDatabase, openDatabase } from '../database/open-database.js';

/** Adds one command, with its options and its help, to the program. */
export type CommandFile = (program: Command, context: CommandContext) => void;

/** An error that the administrator can correct: printed as one line, exit code 1. */
export class CommandError extends Error {}

/** What a command works with: the settings, the database, the services. No job, timer, listener or fan-out is started. */
export class CommandContext {
  private open: OpenDatabase | null = null;

  settings(): Settings {
    return loadSettings();
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Runs `work` with the database, not migrated: that of DATABASE_URL, or the embedded one, started unless a server runs it. */
  async withDatabase(work: (settings: Settings) => Promise<void>): Promise<void> {
    this.open = await openDatabase(this.settings(), { role: ProcessRole.command, log: () => undefined, onLost: exitWithError });
    try {
      await work(this.open.settings);
    } finally {
      await this.close();
    }
  }

  /** Runs `work` with the services of the application, on a migrated database. */
  withApplication(work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
    return this.withDatabase(async (settings) => {
      await migrate(settings);
      const module = AppModule.forRoot(settings, ProcessRole.command);
      const app = await NestFactory.createApplicationContext(module, { bufferLogs: true, abortOnError: false });
      app.useLogger(app.get(Logger));
      try {
        await work(app);
      } finally {
        await app.close();
      }
    });
  }

  /** Stops the embedded PostgreSQL unless a server uses it. */
  async close(): Promise<void> {
    await this.open?.embedded?.stop();
    this.open = null;
  }
}

export function exitWithError(reason: unknown): never {
  const oneLine = reason instanceof SettingsError || reason instanceof CommandError || typeof reason === 'string';
  process.stderr.write(`${oneLine ? String(reason instanceof Error ? reason.message : reason) : stackOf(reason)}\n`);
  process.exit(1);
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : 'the command failed');
