import { normalise } from './search-text.policy.js';

/** Code points of a snippet, without its ellipses. */
export const SNIPPET_LENGTH = 160;
/** Clusters before the first hit. */
const LEAD = 40;
/** Clusters between two searches for a hit. */
const STRIDE = 64;
/** Different clusters whose folded form is cached: more than ordinary texts have; beyond it, caching costs more than folding. */
const MAX_CACHED = 1_000;
const CLUSTER = /\P{M}\p{M}*/gsu;

/** Returns the part of a text around the first of the terms that it contains, on one line. */
export function snippetOf(text: string, terms: readonly string[]): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= SNIPPET_LENGTH) return line;
  const clusterAt = clustersOf(line);
  const start = Math.max(0, firstHit(clusterAt, terms) - LEAD);
  let end = start;
  let length = 0;
  let part = '';
  for (let next = clusterAt(end); next !== undefined && length < SNIPPET_LENGTH; next = clusterAt(++end)) {
    part += next;
    length += [...next].length;
  }
  return `${start > 0 ? '…' : ''}${part}${clusterAt(end) === undefined ? '' : '…'}`;
}

type ClusterAt = (index: number) => string | undefined;

/** Splits a line into letters with their marks, no further than the caller reads. */
function clustersOf(line: string): ClusterAt {
  const rest = line.matchAll(CLUSTER);
  const split: string[] = [];
  return (index) => {
    while (split.length <= index) {
      const next = rest.next();
      if (next.done) return undefined;
      split.push(next.value[0]);
    }
    return split[index];
  };
}

/** Returns the index of the cluster in which the first term begins, or 0. Reads little beyond it: it runs for each message of a page. */
function firstHit(clusterAt: ClusterAt, terms: readonly string[]): number {
  const longest = Math.max(0, ...terms.map((term) => term.length));
  const folded = new Map([[' ', ' ']]);
  const ends: number[] = [];
  let normal = '';
  let searched = 0;
  let first = Infinity;
  for (let next = clusterAt(0); next !== undefined; next = clusterAt(ends.length)) {
    const known = folded.get(next) ?? normalise(next);
    if (folded.size < MAX_CACHED) folded.set(next, known);
    normal += known;
    if (ends.push(normal.length) % STRIDE > 0 && clusterAt(ends.length) !== undefined) continue;
    first = earliest(normal, terms, searched);
    // No longer term can begin before it: the text up to its end has been searched.
    if (first + longest <= normal.length) break;
    searched = Math.max(0, normal.length - longest);
  }
  const begin = first === Infinity ? 0 : first;
  return Math.max(
    0,
    ends.findIndex((end) => end > begin),
  );
}

const earliest = (normal: string, terms: readonly string[], from: number): number =>
  Math.min(...terms.map((term) => normal.indexOf(term, from)).filter((at) => at >= 0));
