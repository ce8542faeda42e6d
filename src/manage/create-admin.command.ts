import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { Transactions } from '../database/transactions.js';
import { Credentials } from '../users/credentials.service.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import { foldUsername, isReservedUsername, isUsername } from '../users/user.policy.js';
import { UsersService } from '../users/users.service.js';
import { newPassword } from './new-password.js';
import { CommandError, type CommandContext } from './command-context.js';

export function createAdminCommand(program: Command, context: CommandContext): void {
  program
    .command('create-admin')
    .argument('<username>', 'who is to be a platform admin; made when there is nobody of that name')
    .option('--password <password>', 'of a new account; left out, one is made and printed')
    .description('make a platform admin, who may remove and deactivate accounts')
    .action((name: string, { password }: { password?: string }) =>
      context.withApplication(async (app) => {
        const username = foldUsername(name);
        const known = await app.get(Credentials).findByUsername(username);
        const userId = known?.userId ?? (await make(app, context, username, password));
        if (known && password) throw new CommandError(`${username} is there already: leave the password out`);
        await app.get(Transactions).run(() => app.get(UserAccounts).makePlatformAdmin(userId));
        context.print(`${username} is a platform admin`);
      }),
    );
}

async function make(app: INestApplicationContext, context: CommandContext, username: string, given?: string): Promise<string> {
  if (!isUsername(username) || isReservedUsername(username)) throw new CommandError('a username is 3 to 32 of a-z 0-9 _ . -');
  const { password, passwordHash } = await newPassword(app, given);
  const user = await app.get(UsersService).createUser({ username, displayName: null, passwordHash });
  if (!user) throw new CommandError(`${username} belongs to an account that is deactivated`);
  context.print(given ? `made ${username}` : `made ${username} with the password ${password}`);
  return user.id;
}
