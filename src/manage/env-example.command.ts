import type { Command } from 'commander';
import { envExample } from '../config/settings-listing.js';
import type { CommandContext } from './command-context.js';

export function envExampleCommand(program: Command, context: CommandContext): void {
  program
    .command('env-example')
    .description('print every setting with its default, as .env.example')
    .action(() => context.print(envExample().trimEnd()));
}
