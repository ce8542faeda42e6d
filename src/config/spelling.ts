import { type Environment, readVariable } from './environment.js';

// Short names (HOST, PORT) differ by one letter from variables that other programs use.
const MIN_LENGTH = 7;

/** Returns an error for each variable of the environment that differs by one typing error from a known one. */
export function findMisspelled(env: Environment, known: readonly string[]): string[] {
  const names = new Set(known);
  const errors: string[] = [];
  for (const name of Object.keys(env)) {
    if (names.has(name) || readVariable(env, name) === null) continue;
    const meant = known.find((candidate) => candidate.length >= MIN_LENGTH && isOneTypoApart(name, candidate));
    if (meant) errors.push(`${name} is not a setting: did you mean ${meant}?`);
  }
  return errors;
}

/** Whether one letter was inserted, left out or replaced, or two adjacent letters were swapped. */
function isOneTypoApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
