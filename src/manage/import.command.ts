import { createReadStream } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { Transactions } from '../database/transactions.js';
import { Importer } from './transfer/importer.js';
import { KnownRows } from './transfer/known-rows.js';
import { readLines } from './transfer/reading.js';
import { CommandError, type Workplace } from './workplace.js';

export function importCommand(program: Command, workplace: Workplace): void {
  program
    .command('import')
    .argument('<file>', 'NDJSON as export writes it; - is the standard input')
    .description('take people, rooms and messages over; what is there already stays as it is, so that a second run changes nothing')
    .action(async (file: string) => {
      // Seen whole before anything is written: most of what can be wrong with a file is wrong with its lines.
      const ended = file === '-' || (await hasEnd(file));
      await workplace.withApplication((app) => take(app, file, workplace));
      if (!ended) workplace.print('the file has no end record: if it was exported, it is cut off');
    });
}

async function take(app: INestApplicationContext, file: string, workplace: Workplace): Promise<void> {
  const tally = await new Importer(app).run(readLines(open(file)));
  for (const [kind, { read, added }] of tally) workplace.print(`${kind}: ${read} read, ${added} new`);
  const ownerless = await new KnownRows(app.get(Transactions)).ownerless();
  for (const id of ownerless) workplace.print(`room ${id} has no owner`);
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
