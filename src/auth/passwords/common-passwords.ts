import { readFileSync } from 'node:fs';

const lines = readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8').split('\n');
const COMMON = new Set(lines.filter((line) => !line.startsWith('# ')));

/** Returns whether the password is on the list of common passwords, in any case. */
export const isCommonPassword = (password: string): boolean => COMMON.has(password.toLowerCase());
