/** A message that a sender tried to send, once or more often, always with the same id. */
export interface Attempt {
  id: string;
  /** Requests that left for it. */
  tries: number;
  /** The number that the server acked, if it did. */
  seq: number | null;
}

/** A message as the table has it. */
export interface Stored {
  id: string;
  seq: number;
}

/** What one reader holds when all is over, by seq, and what it heard live, in the order heard. */
export interface ReaderView {
  name: string;
  held: readonly Stored[];
  received: readonly Stored[];
}

export interface Verdict {
  attempts: number;
  acked: number;
  /** Acked, and not in the table. */
  lost: number;
  /** Ids that stand twice in the table, or that were acked with a number of another message. */
  duplicated: number;
  /** Readers' views that are not the table: a message under another number, missing, or too many. */
  outOfOrder: number;
  /** Numbers missing in 1..n of the table. */
  gaps: number;
  /** Each fault in words, for whoever has to find it; at most twenty. */
  complaints: string[];
}

const MAX_COMPLAINTS = 20;

/** Holds what senders and readers saw of one room against the table. Pure, so that it can be given a broken log and must fail. */
export function check(attempts: readonly Attempt[], stored: readonly Stored[], readers: readonly ReaderView[]): Verdict {
  const complaints: string[] = [];
  const complain = (words: string): number => complaints.push(words);
  const bySeq = new Map(stored.map((message) => [message.seq, message.id]));
  const byId = new Map<string, number[]>();
  for (const { id, seq } of stored) byId.set(id, [...(byId.get(id) ?? []), seq]);

  const acked = attempts.filter((attempt) => attempt.seq !== null);
  const lost = acked.filter(({ id }) => !byId.has(id));
  for (const { id, seq } of lost) complain(`acked as ${seq} and lost: ${id}`);
  const twins = [...byId].filter(([, seqs]) => seqs.length > 1);
  for (const [id, seqs] of twins) complain(`stored ${seqs.length} times: ${id}`);
  const moved = acked.filter(({ id, seq }) => byId.has(id) && !byId.get(id)?.includes(seq ?? 0));
  for (const { id, seq } of moved) complain(`acked as ${seq}, stored as ${byId.get(id)?.join()}: ${id}`);
  const head = Math.max(0, ...bySeq.keys());
  const gaps = Array.from({ length: head }, (_, index) => index + 1).filter((seq) => !bySeq.has(seq));
  for (const seq of gaps) complain(`no message has the number ${seq}`);
  const strayed = readers.flatMap((reader) => extrasOf(reader, bySeq));
  for (const words of strayed) complain(words);

  return {
    attempts: attempts.reduce((sum, attempt) => sum + attempt.tries, 0),
    acked: acked.length,
    lost: lost.length,
    duplicated: twins.length + moved.length,
    outOfOrder: strayed.length,
    gaps: gaps.length,
    complaints: complaints.slice(0, MAX_COMPLAINTS),
  };
}

function extrasOf({ name, held, received }: ReaderView, bySeq: ReadonlyMap<number, string>): string[] {
  const extras: string[] = [];
  const holds = new Map(held.map((message) => [message.seq, message.id]));
  for (const [seq, id] of bySeq) {
    if (holds.get(seq) !== id) extras.push(`${name} holds ${holds.get(seq) ?? 'nothing'} under ${seq}, not ${id}`);
  }
  for (const [seq, id] of holds) if (!bySeq.has(seq)) extras.push(`${name} holds ${id} under ${seq}, which is nobody's`);
  for (const { seq, id } of received) if (bySeq.get(seq) !== id) extras.push(`${name} heard ${id} as ${seq}`);
  return extras;
}

/** The sum of two verdicts. */
export const add = (a: Verdict, b: Verdict): Verdict => ({
  attempts: a.attempts + b.attempts,
  acked: a.acked + b.acked,
  lost: a.lost + b.lost,
  duplicated: a.duplicated + b.duplicated,
  outOfOrder: a.outOfOrder + b.outOfOrder,
  gaps: a.gaps + b.gaps,
  complaints: [...a.complaints, ...b.complaints].slice(0, MAX_COMPLAINTS),
});

export const isClean = (verdict: Verdict): boolean => verdict.lost + verdict.duplicated + verdict.outOfOrder + verdict.gaps === 0;
