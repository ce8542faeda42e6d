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
    .argument('<file>', 'NDJSON as export writes it; - is the standard input')
    .description('take people, rooms and messages over; what is there already stays as it is, so that a second run changes nothing')
    .action(async (file: string) => {
      // Seen whole before anything is written: most of what can be wrong with a file is wrong with its lines.
      const ended = file === '-' || (await hasEnd(file));
      await context.withApplication((app) => take(app, file, context));
      if (!ended) context.print('the file has no end record: if it was exported, it is cut off');
    });
}

async function take(app: INestApplicationContext, file: string, context: CommandContext): Promise<void> {
  const tally = await new ImportRunner(app).run(readLines(open(file)));
  for (const [kind, { read, added }] of tally) context.print(`${kind}: ${read} read, ${added} new`);
  const ownerless = await new ExistingRows(app.get(Transactions)).ownerless();
  for (const id of ownerless) context.print(`room ${id} has no owner`);
}

async function hasEnd(file: string): Promise<boolean> {
  let last: string | undefined;
  for await (const { record } of readLines(open(file))) last = record.record;
  return last === 'end';
}

async function* open(file: string): AsyncGenerator<Buffer> {
  try {
    yield* (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new CommandError(`${file} cannot be read: ${error.message}`);
    throw error;
  }
}
