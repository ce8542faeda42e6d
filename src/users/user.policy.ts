import { createHash } from 'node:crypto';

/** Code points of a display name. */
export const MAX_DISPLAY_NAME = 64;

export const USERNAME = /^[a-z0-9_.-]{3,32}$/;
const FOLDABLE = /^[A-Za-z0-9_.-]+$/;
/** `all` is a mention; the prefix marks deleted users. */
const RESERVED = /^(all|everyone|here|deleted-.*)$/;

/** Folds upper case of ASCII only: no other letter may become an allowed one. */
export const foldUsername = (name: string): string => (FOLDABLE.test(name) ? name.toLowerCase() : name);

export const isUsername = (value: unknown): value is string => typeof value === 'string' && USERNAME.test(value);

/** Returns the placeholder username of a deleted user. @param word 24 unique characters */
export const deletedUsername = (word: string): string => `deleted-${word}`;

export const isReservedUsername = (name: string): boolean => RESERVED.test(name);

/** Returns what is stored of a deleted user's external identity: a hash, so that a later token of it does not create a new account. */
export const deletedSubject = (subject: string): string => `gone:${createHash('sha256').update(subject).digest('hex')}`;
