import { normalise } from './search-text.policy.js';

/** Code points of a snippet, without its dots. */
export const SNIPPET_LENGTH = 160;
/** What stands before the first hit. */
const LEAD = 40;
const CLUSTER = /\P{M}\p{M}*/gsu;

/** The part of a text around the first of the terms that stands in it, on one line. */
export function snippetOf(text: string, terms: readonly string[]): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= SNIPPET_LENGTH) return line;
  const clusters = line.match(CLUSTER) ?? [];
  const start = Math.max(0, firstHit(clusters, terms) - LEAD);
  let end = start;
  let length = 0;
  while (end < clusters.length && length < SNIPPET_LENGTH) length += [...(clusters[end++] ?? '')].length;
  return `${start > 0 ? '…' : ''}${clusters.slice(start, end).join('')}${end < clusters.length ? '…' : ''}`;
}

/** The cluster in which the earliest term begins; 0 when none is found. */
function firstHit(clusters: readonly string[], terms: readonly string[]): number {
  let normal = '';
  const ends: number[] = [];
  for (const cluster of clusters) {
    normal += cluster === ' ' ? ' ' : normalise(cluster);
    ends.push(normal.length);
  }
  const hits = terms.map((term) => normal.indexOf(term)).filter((at) => at >= 0);
  const first = hits.length === 0 ? 0 : Math.min(...hits);
  return Math.max(
    0,
    ends.findIndex((end) => end > first),
  );
}
