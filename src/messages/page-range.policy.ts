import { ValidationFailed } from '../common/domain-error.js';

/** Which part of a room's history is asked for: at most one bound; none is the newest. */
export interface HistoryRange {
  before?: number;
  after?: number;
  around?: number;
  limit: number;
}

/** The seqs of a page, both included, before they are cut to what there is and what may be seen. Null: from the newest down. */
export interface Slice {
  from: number | null;
  to: number | null;
}

/**
 * Where a page begins or ends. `before` and `after` exclude their seq; `around` includes it, half of the page on each side.
 * @throws ValidationFailed when more than one bound is given
 */
export function sliceOf({ before, after, around, limit }: HistoryRange): Slice {
  const given = Object.entries({ before, after, around }).filter(([, seq]) => seq !== undefined);
  if (given.length > 1) throw new ValidationFailed(given.map(([path]) => ({ path, message: 'one of before, after and around at most' })));
  if (before !== undefined) return { from: null, to: before - 1 };
  if (after !== undefined) return { from: after + 1, to: after + limit };
  if (around === undefined) return { from: null, to: null };
  const from = around - Math.floor(limit / 2);
  return { from, to: from + limit - 1 };
}
