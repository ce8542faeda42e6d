import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const HEARTBEAT_MS = 500;
const TIMEOUT_MS = 1_500;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;

export interface ConnectionEvents {
  /** Runs on each new connection before it counts as up; a failure ends the connection. */
  prepare(client: pg.Client): Promise<void>;
  onUp(first: boolean): void;
  /** The connection was up and has ended. */
  onDown(reason: string): void;
  /** The server does not answer, although it neither refuses nor closes the connection. */
  onTimeout(): void;
  onNotification(channel: string, payload: string): void;
}

/** A connection outside the pool that reconnects by itself, and detects within two seconds that the database does not answer. */
export class DedicatedConnection {
  private readonly stopped = new AbortController();
  private client: pg.Client | null = null;
  private loop: Promise<void> | null = null;
  private wasUp = false;

  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
  ) {}

  start(): void {
    this.loop ??= this.connectUntilStopped();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.client?.end().catch(() => undefined);
    await this.loop;
  }

  /** Runs on the connection if it is up; otherwise `prepare` of the next connection must do it. */
  async query(sql: string): Promise<void> {
    await this.client?.query(sql);
  }

  private async connectUntilStopped(): Promise<void> {
    for (let wait = MIN_RETRY_MS; !this.stopped.signal.aborted; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      const connected = await this.connectOnce();
      if (connected) wait = MIN_RETRY_MS;
      await sleep(wait, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Opens a connection and waits for its end. Returns whether it was ever up. */
  private async connectOnce(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: TIMEOUT_MS,
      keepAlive: true,
      application_name: 'parley-listen',
    });
    const ended = new Promise<string>((resolve) => {
      client.once('end', () => resolve('ended'));
      client.on('error', (error) => resolve(error.message));
    });
    client.on('notification', ({ channel, payload }) => this.events.onNotification(channel, payload ?? ''));
    try {
      await client.connect();
      await this.events.prepare(client);
    } catch (error) {
      if (isTimeout(error)) this.events.onTimeout();
      void client.end().catch(() => undefined);
      return false;
    }
    this.client = client;
    this.events.onUp(!this.wasUp);
    this.wasUp = true;
    const reason = await Promise.race([ended, this.untilTimeout(client)]);
    this.client = null;
    if (!this.stopped.signal.aborted) this.events.onDown(reason);
    void client.end().catch(() => undefined);
    return true;
  }

  /** Sends heartbeats; resolves when one is not answered. */
  private async untilTimeout(client: pg.Client): Promise<string> {
    while (!this.stopped.signal.aborted) {
      const answered = client.query('SELECT 1').then(
        () => true,
        () => true, // the connection ended, which `ended` reports
      );
      if (!(await Promise.race([answered, timeout()]))) {
        this.events.onTimeout();
        return 'no answer';
      }
      await sleep(HEARTBEAT_MS, undefined, { ref: false });
    }
    return 'stopped';
  }
}

/** Whether pg gave up on a server that accepted the connection but did not answer. */
const isTimeout = (error: unknown): boolean => error instanceof Error && error.message.includes('timeout');

/** Waits for the timeout; a process that was busy itself then still reads answers that have arrived. */
async function timeout(): Promise<false> {
  await sleep(TIMEOUT_MS, undefined, { ref: false });
  for (let i = 0; i < 3; i++) await nextTurn();
  return false;
}
