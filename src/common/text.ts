import { UnstorableText } from './domain-error.js';

/** Returns the length in Unicode code points, the unit of every text limit. */
export const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** Whether Postgres can store the text: no NUL, no lone surrogate. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const MAX_DEPTH = 32;

/** Checks every string and key in `value`, to a depth of 32. @throws UnstorableText */
export function requireStorable(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw new UnstorableText(path);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH) throw new UnstorableText(path);
  for (const [key, item] of Object.entries(value)) {
    if (!isStorable(key)) throw new UnstorableText(path);
    requireStorable(item, path ? `${path}.${key}` : key, depth + 1);
  }
}
