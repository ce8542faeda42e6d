import type { Command } from 'commander';
import { envExample } from '../config/settings-listing.js';
import type { Workplace } from './workplace.js';

export function envExampleCommand(program: Command, workplace: Workplace): void {
  program
    .command('env-example')
    .description('print every setting with its default, as .env.example')
    .action(() => workplace.print(envExample().trimEnd()));
}
