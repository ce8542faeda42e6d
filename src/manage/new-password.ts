import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { isCommonPassword } from '../auth/passwords/common-passwords.js';
import { Passwords } from '../auth/passwords/passwords.service.js';
import { codePoints } from '../common/text.js';
import { CommandError } from './command-context.js';

/** The password given, or one made now, with its hash. @throws CommandError for one that nobody may have */
export async function newPassword(app: INestApplicationContext, given?: string): Promise<{ password: string; passwordHash: string }> {
  const password = given ?? randomBytes(15).toString('base64url');
  if (codePoints(password) < 8 || codePoints(password) > 128 || isCommonPassword(password)) {
    throw new CommandError('a password is 8 to 128 characters, and none of the commonest');
  }
  return { password, passwordHash: await app.get(Passwords).hash(password) };
}
