import { normalise } from './search-text.policy.js';

/** Code points of a snippet, without its dots. */
export const SNIPPET_LENGTH = 160;
/** What stands before the first hit. */
const LEAD = 40;
/** Clusters between two looks for a hit. */
const STRIDE = 64;
/** Different clusters whose folding is kept: more than a text has by itself; beyond, keeping costs more than folding. */
const MOST_FOLDED = 1_000;
const CLUSTER = /\P{M}\p{M}*/gsu;

/** The part of a text around the first of the terms that stands in it, on one line. */
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

/** A line's letters with their marks, split off no further than they are asked for. */
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

/** The cluster in which the earliest term begins; 0 when none is found. Reads little beyond it: it runs for each message of a page. */
function firstHit(clusterAt: ClusterAt, terms: readonly string[]): number {
  const longest = Math.max(0, ...terms.map((term) => term.length));
  const folded = new Map([[' ', ' ']]);
  const ends: number[] = [];
  let normal = '';
  let looked = 0;
  let first = Infinity;
  for (let next = clusterAt(0); next !== undefined; next = clusterAt(ends.length)) {
    const known = folded.get(next) ?? normalise(next);
    if (folded.size < MOST_FOLDED) folded.set(next, known);
    normal += known;
    if (ends.push(normal.length) % STRIDE > 0 && clusterAt(ends.length) !== undefined) continue;
    first = earliest(normal, terms, looked);
    // One that begins before it is whole by now, however long.
    if (first + longest <= normal.length) break;
    looked = Math.max(0, normal.length - longest);
  }
  const begin = first === Infinity ? 0 : first;
  return Math.max(
    0,
    ends.findIndex((end) => end > begin),
  );
}

const earliest = (normal: string, terms: readonly string[], from: number): number =>
  Math.min(...terms.map((term) => normal.indexOf(term, from)).filter((at) => at >= 0));
