import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { isId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { InstallationExport } from './transfer/installation-export.js';
import { CommandError, type CommandContext } from './command-context.js';

interface Options {
  room?: string;
  output?: string;
}

export function exportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .option('--room <id>', 'one room with the users that it names; without it, everything')
    .option('--output <file>', 'a file; without it, the standard output (then run npm with -s)')
    .description('write users, rooms and messages as NDJSON for import, without passwords, sessions or the bytes of files')
    .action(({ room, output }: Options) => {
      if (room !== undefined && !isId(room)) throw new CommandError('--room needs the id of a room');
      return context.withApplication(async (app) => {
        const sink = output === undefined ? process.stdout : createWriteStream(output);
        const records = await new InstallationExport(app.get(Transactions)).writeRecords(room?.toLowerCase() ?? null, writerOf(sink));
        if (output === undefined) return;
        sink.end();
        await finished(sink);
        context.print(`${records} records in ${output}`);
      });
    });
}

/** Waits while the sink is full. An error of the sink ends the export. */
function writerOf(sink: Writable): (text: string) => Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    sink.once('error', (error) => reject(new CommandError(`the export could not be written: ${error.message}`)));
  });
  failed.catch(() => undefined);
  return async (text) => {
    const more = sink.write(text) ? Promise.resolve() : new Promise<void>((resolve) => sink.once('drain', resolve));
    await Promise.race([more, failed]);
  };
}
