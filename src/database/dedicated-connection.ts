import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const BEAT_MS = 500;
const SILENCE_MS = 1_500;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1_000;

export interface ConnectionEvents {
  /** Runs on each new connection before it counts as up; a failure ends the connection. */
  prepare(client: pg.Client): Promise<void>;
  up(first: boolean): void;
  /** It was up and is no more. */
  down(reason: string): void;
  /** The server does not answer, although nothing refuses or closes the connection. */
  silent(): void;
  notification(channel: string, payload: string): void;
}

/** One connection beside the pool that is always there: it notices within two seconds that the database is away, and comes back by itself. */
export class DedicatedConnection {
  private readonly stopped = new AbortController();
  private client: pg.Client | null = null;
  private loop: Promise<void> | null = null;
  private everUp = false;

  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
  ) {}

  start(): void {
    this.loop ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.client?.end().catch(() => undefined);
    await this.loop;
  }

  /** Runs on the connection if it is up; else the next `prepare` must see to it. */
  async query(sql: string): Promise<void> {
    await this.client?.query(sql);
  }

  private async run(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.stopped.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const lived = await this.live();
      if (lived) wait = FIRST_WAIT_MS;
      await sleep(wait, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
    }
  }

  /** One connection from its beginning to its end. Answers whether it was ever up. */
  private async live(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: SILENCE_MS,
      keepAlive: true,
      application_name: 'parley-listen',
    });
    const ended = new Promise<string>((resolve) => {
      client.once('end', () => resolve('ended'));
      client.on('error', (error) => resolve(error.message));
    });
    client.on('notification', ({ channel, payload }) => this.events.notification(channel, payload ?? ''));
    try {
      await client.connect();
      await this.events.prepare(client);
    } catch (error) {
      if (isTimeout(error)) this.events.silent();
      void client.end().catch(() => undefined);
      return false;
    }
    this.client = client;
    this.events.up(!this.everUp);
    this.everUp = true;
    const reason = await Promise.race([ended, this.beat(client)]);
    this.client = null;
    if (!this.stopped.signal.aborted) this.events.down(reason);
    void client.end().catch(() => undefined);
    return true;
  }

  /** Asks again and again; resolves when no answer comes. */
  private async beat(client: pg.Client): Promise<string> {
    while (!this.stopped.signal.aborted) {
      const answered = client.query('SELECT 1').then(
        () => true,
        () => true, // the connection ended: told by its own event
      );
      if (!(await Promise.race([answered, silence()]))) {
        this.events.silent();
        return 'silent';
      }
      await sleep(BEAT_MS, undefined, { ref: false });
    }
    return 'stopped';
  }
}

/** What pg says when a server takes a connection and then no answer comes. */
const isTimeout = (error: unknown): boolean => error instanceof Error && error.message.includes('timeout');

/** A process that was busy itself reads what has arrived meanwhile before it calls the other silent. */
async function silence(): Promise<false> {
  await sleep(SILENCE_MS, undefined, { ref: false });
  for (let i = 0; i < 3; i++) await turn();
  return false;
}
