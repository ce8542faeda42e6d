import type { Command } from 'commander';
import { migrate, undoMigration } from '../database/migrate.js';
import type { CommandContext } from './command-context.js';

export function migrateCommands(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('run pending migrations; several processes may do so at once')
    .action(() =>
      context.withDatabase(async (settings) => {
        const done = await migrate(settings);
        context.print(done.length > 0 ? done.map((name) => `done: ${name}`).join('\n') : 'no migration is pending');
      }),
    );
  program
    .command('migrate:undo')
    .description('undo the newest migration; the data of its tables is lost')
    .action(() =>
      context.withDatabase(async (settings) => {
        const undone = await undoMigration(settings);
        context.print(undone ? `undone: ${undone}` : 'there is nothing to undo');
      }),
    );
}
