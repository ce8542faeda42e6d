import { UnstorableText } from './domain-error.js';

/** Length in Unicode code points, the unit of every text bound. */
export const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** Whether Postgres can hold the text: no NUL, no half of a surrogate pair. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** How deep a body may nest; deeper ones are refused before anything walks them. */
const MAX_DEPTH = 32;

/** Throws {@link UnstorableText} when any string (or key) in `value` cannot be stored, whatever the nesting. */
export function assertStorable(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw new UnstorableText(path);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH) throw new UnstorableText(path);
  for (const [key, item] of Object.entries(value)) {
    const below = path ? `${path}.${key}` : key;
    if (!isStorable(key)) throw new UnstorableText(path);
    assertStorable(item, below, depth + 1);
  }
}
