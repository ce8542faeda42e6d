import pg from 'pg';
import { until } from '../support/until.js';
import { add, check, type Verdict } from './checker.js';
import { Cluster } from './cluster.js';
import { FAULTS, type Fault } from './faults.js';
import { Reader } from './reader.js';
import { Sender, type Account } from './sender.js';

/** All rounds of one fault. */
export interface Row {
  fault: string;
  rounds: number;
  verdict: Verdict;
  /** The longest that any reader needed, after the senders had stopped, until it held the whole room. */
  convergeSeconds: number;
}

const SENDERS = 8;
const READERS = 6;
/** After this a reader that does not hold the room has lost something. */
const CONVERGE_MS = 20_000;

/**
 * The failure laboratory: real processes of the application on real Postgres, Redis and nginx; senders and readers that log every attempt,
 * ack and event; faults; and then the logs against the table and every reader's view.
 */
export class Lab {
  private constructor(private readonly cluster: Cluster) {}

  static async open(size = 2): Promise<Lab> {
    return new Lab(await Cluster.start(size));
  }

  close(): Promise<void> {
    return this.cluster.stop();
  }

  /** @param report hears of every round */
  async run(rounds: number, faults: readonly Fault[] = FAULTS, report: (line: string) => void = () => undefined): Promise<Row[]> {
    const rows: Row[] = [];
    for (const fault of faults) {
      const row: Row = { fault: fault.name, rounds: 0, verdict: check([], [], []), convergeSeconds: 0 };
      for (let round = 1; round <= rounds; round++) {
        const { verdict, seconds } = await this.round(fault, round);
        row.rounds++;
        row.verdict = add(row.verdict, verdict);
        row.convergeSeconds = Math.max(row.convergeSeconds, seconds);
        report(`${fault.name} ${round}/${rounds}: ${verdict.acked} acked, converged in ${seconds.toFixed(1)} s`);
      }
      rows.push(row);
    }
    return rows;
  }

  private async round(fault: Fault, round: number): Promise<{ verdict: Verdict; seconds: number }> {
    const { cluster } = this;
    const people = await this.people(SENDERS);
    const owner = people[0]!;
    const roomId = await this.room(owner, people.slice(1));
    const account = (index: number): Account => people[index % people.length]!;
    const readers = Array.from({ length: READERS }, (_, index) => {
      const url = index === 0 ? cluster.url : cluster.node(index).url;
      return new Reader(`reader ${index + 1}`, url, account(index), roomId, index === 0 ? 'polling' : 'websocket');
    });
    const senders = people.map((person, index) => new Sender(cluster.url, person, roomId, index % 2 ? 'rest' : 'socket', fault.twice));
    try {
      await Promise.all(readers.map((reader) => until(`${reader.name} connected`, () => reader.socket.connected, CONVERGE_MS)));
      for (const sender of senders) sender.start();
      await until('the first acks', () => senders.every((sender) => sender.underWay), CONVERGE_MS);
      await fault.inject({ cluster, roomId, someone: owner, readers, round });
      await Promise.all(senders.map((sender) => sender.stop()));
      const quiet = performance.now();
      const stored = await this.table(roomId);
      // A reader that never gets there is told by the checker, not by a timeout.
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

  private async table(roomId: string): Promise<{ id: string; seq: number }[]> {
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
        return undefined; // Postgres is coming back
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  private async people(count: number): Promise<Account[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const username = `lab.${process.pid}.${Math.random().toString(36).slice(2, 12)}`;
        const made = (await this.call('POST', '/v1/auth/register', null, { username, password: `a password of ${username}` })) as {
          user: { id: string };
          accessToken: string;
        };
        return { userId: made.user.id, token: made.accessToken };
      }),
    );
  }

  /** A public team, which everybody may join and write in: it needs no friendships. */
  private async room(owner: Account, others: readonly Account[]): Promise<string> {
    const room = (await this.call('POST', '/v1/rooms', owner, { type: 'team', name: 'the lab', isPublic: true })) as { id: string };
    await Promise.all(others.map((other) => this.call('POST', `/v1/rooms/${room.id}/join`, other, {})));
    return room.id;
  }

  /** Retries while the cluster still recovers from the round before. */
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

/** The one table that the lab prints. */
export function tableOf(rows: readonly Row[]): string {
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
