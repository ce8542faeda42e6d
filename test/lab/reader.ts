import { io, type Socket } from 'socket.io-client';
import type { ReaderView, Stored } from './checker.js';
import { persistent, type Account } from './sender.js';

interface Packet {
  roomId: string;
  messages: Stored[];
}

interface Changes {
  messages: Stored[];
  seq: number;
  rev: number;
  hasMore: boolean;
  reset: boolean;
}

interface SyncAck {
  ok: boolean;
  rooms?: Record<string, Changes>;
  later?: string[];
}

const ACK_MS = 3_000;
/** How long a packet that is ahead waits for the previous one. */
const HOLD_MS = 500;

/**
 * Reads one room as docs/clients.md describes: packets without a gap and answers of `sync` advance the cursor; a packet that is ahead waits,
 * then causes a `sync`, as does a new connection.
 */
export class Reader {
  readonly socket: Socket;
  private readonly held = new Map<number, string>();
  private readonly received: Stored[] = [];
  private cursor = { seq: 0, rev: 0 };
  private syncing = false;
  private waiting: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    private readonly url: string,
    private readonly account: Account,
    private readonly roomId: string,
    transport: 'websocket' | 'polling' = 'websocket',
  ) {
    this.socket = persistent(
      io(url, {
        transports: [transport],
        withCredentials: true,
        auth: { token: account.token },
        reconnectionDelay: 100,
        reconnectionDelayMax: 500,
      }),
    );
    this.socket.on('ready', () => void this.sync());
    this.socket.on('resync', ({ withinMs }: { withinMs: number }) => this.syncSoon(Math.random() * withinMs));
    this.socket.on('messages:created', (packet: Packet) => this.receive(packet));
  }

  get seq(): number {
    return this.cursor.seq;
  }

  view(): ReaderView {
    return { name: this.name, held: [...this.held].map(([seq, id]) => ({ seq, id })), received: this.received };
  }

  close(): void {
    clearTimeout(this.waiting);
    this.socket.disconnect();
  }

  private receive({ roomId, messages }: Packet): void {
    if (roomId !== this.roomId) return;
    for (const { id, seq } of messages) {
      this.received.push({ id, seq });
      this.store({ id, seq });
    }
    this.advance();
    if (Math.max(0, ...this.held.keys()) > this.cursor.seq) this.syncSoon(HOLD_MS);
  }

  private store({ seq, id }: Stored): void {
    this.held.set(seq, id);
  }

  private advance(): void {
    while (this.held.has(this.cursor.seq + 1)) this.cursor.seq++;
  }

  private syncSoon(ms: number): void {
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      void this.sync();
    }, ms);
  }

  private async sync(): Promise<void> {
    if (this.syncing) return;
    this.syncing = true;
    try {
      for (let more = true; more;) more = await this.syncPage();
    } catch {
      this.syncSoon(HOLD_MS); // not connected, or no answer in time
    } finally {
      this.syncing = false;
    }
  }

  private async syncPage(): Promise<boolean> {
    if (!this.socket.connected) return false; // `ready` causes a sync
    const ack = (await this.socket.timeout(ACK_MS).emitWithAck('sync', { rooms: { [this.roomId]: this.cursor } })) as SyncAck;
    const changes = ack.rooms?.[this.roomId];
    if (!ack.ok || (!changes && !ack.later?.includes(this.roomId))) throw new Error('sync was refused');
    if (!changes) return true;
    if (changes.reset) await this.load();
    for (const message of changes.messages) this.store(message);
    this.cursor = { seq: Math.max(this.cursor.seq, changes.seq), rev: Math.max(this.cursor.rev, changes.rev) };
    this.advance();
    return changes.hasMore;
  }

  /** Loads the room without a cursor. */
  private async load(): Promise<void> {
    for (let page = { items: [] as Stored[], hasNewer: true }; page.hasNewer;) {
      const answer = await fetch(`${this.url}/v1/rooms/${this.roomId}/messages?after=${page.items.at(-1)?.seq ?? 0}&limit=100`, {
        headers: { authorization: `Bearer ${this.account.token}` },
        signal: AbortSignal.timeout(ACK_MS),
      });
      if (!answer.ok) throw new Error(`the list of messages answered ${answer.status}`);
      page = (await answer.json()) as typeof page;
      for (const message of page.items) this.store(message);
    }
  }
}
