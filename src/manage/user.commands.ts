import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { isCommonPassword } from '../auth/passwords/common-passwords.js';
import { Passwords } from '../auth/passwords/passwords.service.js';
import { Sessions } from '../auth/sessions.service.js';
import { codePoints } from '../common/text.js';
import { Transactions } from '../database/transactions.js';
import { Credentials } from '../users/credentials.service.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import { foldUsername, isReservedUsername, isUsername } from '../users/user.policy.js';
import { UsersService } from '../users/users.service.js';
import { CommandError, type CommandContext } from './command-context.js';

interface Options {
  password?: string;
}

export function userCommands(program: Command, context: CommandContext): void {
  program
    .command('create-admin')
    .argument('<username>', 'an existing user, or a new one')
    .option('--password <password>', 'password of a new user; without it, one is generated and printed')
    .description('make a user a platform admin, who may deactivate and delete accounts')
    .action((name: string, { password }: Options) =>
      context.withApplication(async (app) => {
        const username = foldUsername(name);
        const known = await app.get(Credentials).findByUsername(username);
        const userId = known?.userId ?? (await createUser(app, context, username, password));
        if (known && password) throw new CommandError(`${username} exists: omit --password`);
        await app.get(Transactions).run(() => app.get(UserAccounts).makePlatformAdmin(userId));
        context.print(`${username} is a platform admin`);
      }),
    );
  program
    .command('set-password')
    .argument('<username>', 'an active user')
    .option('--password <password>', 'without it, one is generated and printed')
    .description('set the password of a user who lost it or was imported without one, and end all sessions of the user')
    .action((name: string, { password: given }: Options) =>
      context.withApplication(async (app) => {
        const username = foldUsername(name);
        const userId = (await app.get(Credentials).findByUsername(username))?.userId;
        if (!userId) throw new CommandError(`there is no active user ${username}`);
        const { password, passwordHash } = await hashedPassword(app, given);
        await app.get(Transactions).run(async () => {
          if (!(await app.get(Credentials).setPassword(userId, passwordHash)))
            throw new CommandError(`there is no active user ${username}`);
          await app.get(Sessions).endAll(userId, 'password');
        });
        context.print(given ? `${username} has a new password` : `${username} has the password ${password}`);
      }),
    );
}

async function createUser(app: INestApplicationContext, context: CommandContext, username: string, given?: string): Promise<string> {
  if (!isUsername(username) || isReservedUsername(username))
    throw new CommandError('a username must have 3 to 32 characters of a-z 0-9 _ . - and must not be reserved');
  const { password, passwordHash } = await hashedPassword(app, given);
  const user = await app.get(UsersService).createUser({ username, displayName: null, passwordHash });
  if (!user) throw new CommandError(`${username} belongs to a deactivated account`);
  context.print(given ? `created ${username}` : `created ${username} with the password ${password}`);
  return user.id;
}

/** Returns the given password, or a generated one, with its hash. @throws CommandError for a password that is not allowed */
async function hashedPassword(app: INestApplicationContext, given?: string): Promise<{ password: string; passwordHash: string }> {
  const password = given ?? randomBytes(15).toString('base64url');
  if (codePoints(password) < 8 || codePoints(password) > 128 || isCommonPassword(password)) {
    throw new CommandError('a password must have 8 to 128 characters and must not be common');
  }
  return { password, passwordHash: await app.get(Passwords).hash(password) };
}
