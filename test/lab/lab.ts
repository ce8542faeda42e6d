import pg from 'pg';
import { until } from '../support/until.js';
import { addVerdicts, check, type Verdict } from './checker.js';
import { Cluster } from './cluster.js';
import { FAULTS, type Fault } from './faults.js';
import { Reader } from './reader.js';
import { Sender, type Account } from './sender.js';

/** The result of all rounds of a fault. */
export interface LabResult {
  fault: string;
  rounds: number;
  verdict: Verdict;
  /** The longest time from the end of the sends until a reader had all messages. */
  convergeSeconds: number;
}

const SENDERS = 8;
const READERS = 6;
/** A reader that does not have all messages after this time has lost one. */
const CONVERGE_MS = 20_000;

/**
 * The failure laboratory: processes of the application with PostgreSQL, Redis and nginx; senders and readers that record every attempt, ack
 * and event; faults; and a check of the records against the table.
 */
export class Lab {
  private constructor(private readonly cluster: Cluster) {}

  static async open(size = 2): Promise<Lab> {
    return new Lab(await Cluster.start(size));
  }

  close(): Promise<void> {
    return this.cluster.stop();
  }

  /** @param report is called after every round */
  async runFaults(
    rounds: number,
    faults: readonly Fault[] = FAULTS,
    report: (line: string) => void = () => undefined,
  ): Promise<LabResult[]> {
    const rows: LabResult[] = [];
    for (const fault of faults) {
      const row: LabResult = { fault: fault.name, rounds: 0, verdict: check([], [], []), convergeSeconds: 0 };
      for (let round = 1; round <= rounds; round++) {
        const { verdict, seconds } = await this.runRound(fault, round);
        row.rounds++;
        row.verdict = addVerdicts(row.verdict, verdict);
        row.convergeSeconds = Math.max(row.convergeSeconds, seconds);
        report(`${fault.name} ${round}/${rounds}: ${verdict.acked} acked, converged in ${seconds.toFixed(1)} s`);
      }
      rows.push(row);
    }
    return rows;
  }

  private async runRound(fault: Fault, round: number): Promise<{ verdict: Verdict; seconds: number }> {
    const { cluster } = this;
    const users = await this.registerUsers(SENDERS);
    const owner = users[0]!;
    const roomId = await this.createRoom(owner, users.slice(1));
    const account = (index: number): Account => users[index % users.length]!;
    const readers = Array.from({ length: READERS }, (_, index) => {
      const url = index === 0 ? cluster.url : cluster.processAt(index).url;
      return new Reader(`reader ${index + 1}`, url, account(index), roomId, index === 0 ? 'polling' : 'websocket');
    });
    const senders = users.map((user, index) => new Sender(cluster.url, user, roomId, index % 2 ? 'rest' : 'socket', fault.twice));
    try {
      await Promise.all(readers.map((reader) => until(`${reader.name} connected`, () => reader.socket.connected, CONVERGE_MS)));
      for (const sender of senders) sender.start();
      await until('the first acks', () => senders.every((sender) => sender.underWay), CONVERGE_MS);
      await fault.inject({ cluster, roomId, member: owner, readers, round });
      await Promise.all(senders.map((sender) => sender.stop()));
      const quiet = performance.now();
      const stored = await this.readTable(roomId);
      // The checker, not a timeout, reports a reader that does not converge.
      await until('all converged', () => readers.every((reader) => reader.seq >= stored.length), CONVERGE_MS).catch(() => undefined);
      const seconds = (performance.now() - quiet) / 1_000;
      const attempts = senders.flatMap((sender) => sender.attempts);
      const views = readers.map((reader) => reader.view());
      return { verdict: check(attempts, stored, views), seconds };
    } finally {
      for (const reader of readers) reader.close();
      await Promise.allSettled(senders.map((sender) => sender.stop()));
    }
  }

  private async readTable(roomId: string): Promise<{ id: string; seq: number }[]> {
    return until('the table', async () => {
      const client = new pg.Client(this.cluster.postgres.url);
      try {
        await client.connect();
        const { rows } = await client.query<{ id: string; seq: number }>(
          `SELECT id, seq::int AS seq FROM messages WHERE room_id = $1 ORDER BY seq`,
          [roomId],
        );
        return rows;
      } catch {
        return undefined; // Postgres is starting
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  private async registerUsers(count: number): Promise<Account[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const username = `lab.${process.pid}.${Math.random().toString(36).slice(2, 12)}`;
        const registered = (await this.call('POST', '/v1/auth/register', null, { username, password: `a password of ${username}` })) as {
          user: { id: string };
          accessToken: string;
        };
        return { userId: registered.user.id, token: registered.accessToken };
      }),
    );
  }

  /** Creates a public team, which every user may join without being a friend. */
  private async createRoom(owner: Account, others: readonly Account[]): Promise<string> {
    const room = (await this.call('POST', '/v1/rooms', owner, { type: 'team', name: 'the lab', isPublic: true })) as { id: string };
    await Promise.all(others.map((other) => this.call('POST', `/v1/rooms/${room.id}/join`, other, {})));
    return room.id;
  }

  /** Retries while the cluster recovers from the previous round. */
  private async call(method: string, path: string, account: Account | null, body: object): Promise<unknown> {
    return until(
      `${method} ${path}`,
      async () => {
        const answer = await fetch(`${this.cluster.url}${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...(account && { authorization: `Bearer ${account.token}` }) },
          body: JSON.stringify(body),
        }).catch(() => undefined);
        if (!answer || answer.status >= 500) return undefined;
        if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as object;
      },
      15_000,
    );
  }
}

/** Returns the results as a Markdown table. */
export function tableOf(rows: readonly LabResult[]): string {
  const head = ['fault', 'rounds', 'attempts', 'acked', 'lost', 'duplicated', 'out of order', 'gaps', 'seconds to converge'];
  const lines = rows.map(({ fault, rounds, verdict: v, convergeSeconds }) =>
    [fault, rounds, v.attempts, v.acked, v.lost, v.duplicated, v.outOfOrder, v.gaps, convergeSeconds.toFixed(1)].map(String),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => (line[column] ?? '').length)));
  const format = (line: string[]): string =>
    `| ${line.map((cell, column) => (column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [format(head), rule, ...lines.map(format)].join('\n');
}
