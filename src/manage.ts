import { Command } from 'commander';
import { doctorCommands } from './manage/doctor.command.js';
import { exportCommand } from './manage/export.command.js';
import { importCommand } from './manage/import.command.js';
import { maintenanceCommands } from './manage/maintenance.commands.js';
import { migrateCommands } from './manage/migrate.command.js';
import { seedCommand } from './manage/seed.command.js';
import { userCommands } from './manage/user.commands.js';
import { type CommandFile, exitWithError, CommandContext } from './manage/command-context.js';

/** Every command, in the order of the help. */
const COMMANDS: readonly CommandFile[] = [
  migrateCommands,
  userCommands,
  seedCommand,
  maintenanceCommands,
  exportCommand,
  importCommand,
  doctorCommands,
];

const context = new CommandContext();
const program = new Command('npm run manage --').description('Administers a Parley installation, with the settings of the server.');
for (const add of COMMANDS) add(program, context);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void context.close().finally(() => process.exit(code)));
}

program.parseAsync().then(() => process.exit(0), exitWithError);
