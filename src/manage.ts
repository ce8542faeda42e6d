import { Command } from 'commander';
import { createAdminCommand } from './manage/create-admin.command.js';
import { doctorCommand } from './manage/doctor.command.js';
import { envExampleCommand } from './manage/env-example.command.js';
import { exportCommand } from './manage/export.command.js';
import { importCommand } from './manage/import.command.js';
import { mediaCollectCommand } from './manage/media-collect.command.js';
import { migrateCommands } from './manage/migrate.command.js';
import { seedCommand } from './manage/seed.command.js';
import { setPasswordCommand } from './manage/set-password.command.js';
import { unreadRepairCommand } from './manage/unread-repair.command.js';
import { type CommandFile, exitWithError, CommandContext } from './manage/command-context.js';

/** Every command, in the order of the help. */
const COMMANDS: readonly CommandFile[] = [
  migrateCommands,
  createAdminCommand,
  setPasswordCommand,
  seedCommand,
  mediaCollectCommand,
  unreadRepairCommand,
  exportCommand,
  importCommand,
  doctorCommand,
  envExampleCommand,
];

const context = new CommandContext();
const program = new Command('npm run manage --').description(
  'Administers a Parley installation: the same settings as the server, no port.',
);
for (const add of COMMANDS) add(program, context);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void context.close().finally(() => process.exit(code)));
}

program.parseAsync().then(() => process.exit(0), exitWithError);
