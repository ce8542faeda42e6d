import type { Command } from 'commander';
import { Sessions } from '../auth/sessions.service.js';
import { Transactions } from '../database/transactions.js';
import { Credentials } from '../users/credentials.service.js';
import { foldUsername } from '../users/user.policy.js';
import { newPassword } from './new-password.js';
import { CommandError, type CommandContext } from './command-context.js';

export function setPasswordCommand(program: Command, context: CommandContext): void {
  program
    .command('set-password')
    .argument('<username>', 'whose')
    .option('--password <password>', 'left out, one is made and printed')
    .description('give somebody a password, who has lost theirs or was imported without one; ends their sessions')
    .action((name: string, { password: given }: { password?: string }) =>
      context.withApplication(async (app) => {
        const username = foldUsername(name);
        const userId = (await app.get(Credentials).findByUsername(username))?.userId;
        if (!userId) throw new CommandError(`there is no live account ${username}`);
        const { password, passwordHash } = await newPassword(app, given);
        await app.get(Transactions).run(async () => {
          if (!(await app.get(Credentials).setPassword(userId, passwordHash)))
            throw new CommandError(`there is no live account ${username}`);
          await app.get(Sessions).endAll(userId, 'password');
        });
        context.print(given ? `${username} has a new password` : `${username} has the password ${password}`);
      }),
    );
}
