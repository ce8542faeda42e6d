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

/** A refusal that the person at the terminal can mend: one line, exit code 1. */
export class CommandError extends Error {}

/** What a command may work with. Nothing starts that lives on: no job, timer, listener or fan-out. */
export class CommandContext {
  private open: OpenDatabase | null = null;

  settings(): Settings {
    return loadSettings();
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** With the database as it is: the one of DATABASE_URL, or the embedded one, started if no server runs it. */
  async withDatabase(work: (settings: Settings) => Promise<void>): Promise<void> {
    this.open = await openDatabase(this.settings(), { role: ProcessRole.command, log: () => undefined, onLost: exitWithError });
    try {
      await work(this.open.settings);
    } finally {
      await this.close();
    }
  }

  /** With the services of the whole application, on a migrated database. */
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

  /** Leaves the embedded PostgreSQL to a server that uses it, else shuts it down. */
  async close(): Promise<void> {
    await this.open?.embedded?.stop();
    this.open = null;
  }
}

export function exitWithError(reason: unknown): never {
  const oneLine = reason instanceof SettingsError || reason instanceof CommandError || typeof reason === 'string';
  process.stderr.write(`${oneLine ? String(reason instanceof Error ? reason.message : reason) : storyOf(reason)}\n`);
  process.exit(1);
}

const storyOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : 'the command failed');
