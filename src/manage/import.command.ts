import { createReadStream } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { Transactions } from '../database/transactions.js';
import { ImportRunner } from './transfer/import-runner.js';
import { ExistingRows } from './transfer/existing-rows.js';
import { readLines } from './transfer/reading.js';
import { CommandError, type CommandContext } from './command-context.js';

export function importCommand(program: Command, context: CommandContext): void {
  program
    .command('import')
    .argument('<file>', 'NDJSON as written by export; - reads the standard input')
    .description('import users, rooms and messages; existing records stay unchanged, so that a second run changes nothing')
    .action(async (file: string) => {
      // The whole file is validated before anything is written.
      const complete = file === '-' || (await hasEndRecord(file));
      await context.withApplication((app) => importFile(app, file, context));
      if (!complete) context.print('the file has no end record: an exported file without one is incomplete');
    });
}

async function importFile(app: INestApplicationContext, file: string, context: CommandContext): Promise<void> {
  const counts = await new ImportRunner(app).importLines(readLines(readFile(file)));
  for (const [kind, { read, added }] of counts) context.print(`${kind}: ${read} read, ${added} new`);
  for (const id of await new ExistingRows(app.get(Transactions)).findRoomIdsWithoutOwner()) context.print(`room ${id} has no owner`);
}

async function hasEndRecord(file: string): Promise<boolean> {
  let last: string | undefined;
  for await (const { record } of readLines(readFile(file))) last = record.record;
  return last === 'end';
}

async function* readFile(file: string): AsyncGenerator<Buffer> {
  try {
    yield* (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new CommandError(`${file} cannot be read: ${error.message}`);
    throw error;
  }
}
