import { createHash } from 'node:crypto';

/** Code points of a display name. */
export const MAX_DISPLAY_NAME = 64;

export const USERNAME = /^[a-z0-9_.-]{3,32}$/;
const FOLDABLE = /^[A-Za-z0-9_.-]+$/;
/** `all` is a mention; the prefix marks those who are gone. */
const RESERVED = /^(all|everyone|here|deleted-.*)$/;

/** Upper case folded, of ASCII alone: no other letter may turn into one that is allowed. */
export const foldUsername = (name: string): string => (FOLDABLE.test(name) ? name.toLowerCase() : name);

export const isUsername = (value: unknown): value is string => typeof value === 'string' && USERNAME.test(value);

/** The stand-in of somebody who is gone. @param word 24 characters that nobody else has */
export const deletedUsername = (word: string): string => `deleted-${word}`;

export const isReservedUsername = (name: string): boolean => RESERVED.test(name);

/**
 * What is kept of the identity at another service when an account is removed: enough to know it again, so that a token which lives on does
 * not make the account anew.
 */
export const deletedSubject = (subject: string): string => `gone:${createHash('sha256').update(subject).digest('hex')}`;
