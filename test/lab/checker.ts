/** A message that a sender sent once or several times, always with the same id. */
export interface Attempt {
  id: string;
  /** How many requests were sent for it. */
  tries: number;
  /** The number that the server acknowledged; null: none. */
  seq: number | null;
}

/** A message in the table. */
export interface Stored {
  id: string;
  seq: number;
}

/** The messages that a reader has at the end, by seq, and those that it received as events, in order. */
export interface ReaderView {
  name: string;
  held: readonly Stored[];
  received: readonly Stored[];
}

export interface Verdict {
  attempts: number;
  acked: number;
  /** Acknowledged, but not in the table. */
  lost: number;
  /** Ids that are in the table twice, or were acknowledged with the number of another message. */
  duplicated: number;
  /** Differences of the readers' views from the table: a message missing, under another number, or unknown to the table. */
  outOfOrder: number;
  /** Numbers missing in 1..n of the table. */
  gaps: number;
  /** A description of each fault, at most twenty. */
  faults: string[];
}

const MAX_FAULTS = 20;

/** Compares what the senders and readers of a room recorded with the table. Pure, so that a test can show that it finds faults. */
export function check(attempts: readonly Attempt[], stored: readonly Stored[], readers: readonly ReaderView[]): Verdict {
  const faults: string[] = [];
  const report = (fault: string): number => faults.push(fault);
  const bySeq = new Map(stored.map((message) => [message.seq, message.id]));
  const byId = new Map<string, number[]>();
  for (const { id, seq } of stored) byId.set(id, [...(byId.get(id) ?? []), seq]);

  const acked = attempts.filter((attempt) => attempt.seq !== null);
  const lost = acked.filter(({ id }) => !byId.has(id));
  for (const { id, seq } of lost) report(`acked as ${seq} and lost: ${id}`);
  const duplicates = [...byId].filter(([, seqs]) => seqs.length > 1);
  for (const [id, seqs] of duplicates) report(`stored ${seqs.length} times: ${id}`);
  const moved = acked.filter(({ id, seq }) => byId.has(id) && !byId.get(id)?.includes(seq ?? 0));
  for (const { id, seq } of moved) report(`acked as ${seq}, stored as ${byId.get(id)?.join()}: ${id}`);
  const head = Math.max(0, ...bySeq.keys());
  const gaps = Array.from({ length: head }, (_, index) => index + 1).filter((seq) => !bySeq.has(seq));
  for (const seq of gaps) report(`no message has the number ${seq}`);
  const deviations = readers.flatMap((reader) => deviationsOf(reader, bySeq));
  for (const fault of deviations) report(fault);

  return {
    attempts: attempts.reduce((sum, attempt) => sum + attempt.tries, 0),
    acked: acked.length,
    lost: lost.length,
    duplicated: duplicates.length + moved.length,
    outOfOrder: deviations.length,
    gaps: gaps.length,
    faults: faults.slice(0, MAX_FAULTS),
  };
}

function deviationsOf({ name, held, received }: ReaderView, bySeq: ReadonlyMap<number, string>): string[] {
  const deviations: string[] = [];
  const holds = new Map(held.map((message) => [message.seq, message.id]));
  for (const [seq, id] of bySeq) {
    if (holds.get(seq) !== id) deviations.push(`${name} holds ${holds.get(seq) ?? 'nothing'} under ${seq}, not ${id}`);
  }
  for (const [seq, id] of holds) if (!bySeq.has(seq)) deviations.push(`${name} holds ${id} under ${seq}, which the table does not have`);
  for (const { seq, id } of received) if (bySeq.get(seq) !== id) deviations.push(`${name} received ${id} as ${seq}`);
  return deviations;
}

/** Returns the sum of two verdicts. */
export const addVerdicts = (a: Verdict, b: Verdict): Verdict => ({
  attempts: a.attempts + b.attempts,
  acked: a.acked + b.acked,
  lost: a.lost + b.lost,
  duplicated: a.duplicated + b.duplicated,
  outOfOrder: a.outOfOrder + b.outOfOrder,
  gaps: a.gaps + b.gaps,
  faults: [...a.faults, ...b.faults].slice(0, MAX_FAULTS),
});

export const isClean = (verdict: Verdict): boolean => verdict.lost + verdict.duplicated + verdict.outOfOrder + verdict.gaps === 0;
