import { type Environment, given } from './setting.js';

// Short names (HOST, PORT) have too many honest neighbours.
const SHORTEST = 7;

/** One complaint for each variable of the environment that is a slip of the finger away from one that is known. */
export function misspelt(env: Environment, known: readonly string[]): string[] {
  const names = new Set(known);
  const complaints: string[] = [];
  for (const name of Object.keys(env)) {
    if (names.has(name) || given(env, name) === null) continue;
    const meant = known.find((candidate) => candidate.length >= SHORTEST && oneSlipApart(name, candidate));
    if (meant) complaints.push(`${name} is not a setting: ${meant} is meant?`);
  }
  return complaints;
}

/** One letter more, one less, one other, or two neighbours swapped. */
function oneSlipApart(a: string, b: string): boolean {
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
