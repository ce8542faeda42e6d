import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Attempt } from './checker.js';

export interface Account {
  userId: string;
  token: string;
}

/** Reconnects after every end of the connection: socket.io-client stops when the server refuses or ends it (docs/clients.md). */
export function persistent(socket: Socket): Socket {
  const reconnect = (): void => void setTimeout(() => socket.active || socket.connect(), RECONNECT_MS);
  socket.on('connect_error', reconnect);
  socket.on('disconnect', (reason) => reason === 'io client disconnect' || reconnect());
  return socket;
}

interface Ack {
  ok: boolean;
  message?: { seq: number };
  error?: { status: number; code: string; retryAfter?: number };
}

/** A refusal that a retry cannot change: a defect of the lab or the server. */
export class Refused extends Error {}

const RECONNECT_MS = 300;
const ACK_MS = 3_000;
const PAUSE_MS = 50;

/** Sends one message after the other to a room, as docs/clients.md describes: after 429, 503 or no answer again with the same id. */
export class Sender {
  readonly attempts: Attempt[] = [];
  private readonly socket: Socket;
  private failure?: Error;
  private sending = false;
  private stopped: Promise<void> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly account: Account,
    private readonly roomId: string,
    private readonly transport: 'socket' | 'rest',
    /** Sends each message twice at once. */
    private readonly twice = false,
  ) {
    this.socket = persistent(
      io(url, {
        transports: ['websocket'],
        auth: { token: account.token },
        reconnectionDelay: 100,
        reconnectionDelayMax: 500,
        autoConnect: transport === 'socket',
      }),
    );
  }

  start(): void {
    this.sending = true;
    this.stopped = this.sendMessages();
    this.stopped.catch((error: unknown) => (this.failure = error instanceof Error ? error : new Error(String(error))));
  }

  /** Whether messages were acknowledged. @throws Refused */
  get underWay(): boolean {
    if (this.failure) throw this.failure;
    return this.attempts.length > 2;
  }

  /** Stops after the ack of the current message. */
  async stop(): Promise<void> {
    this.sending = false;
    await this.stopped;
    this.socket.disconnect();
  }

  private async sendMessages(): Promise<void> {
    for (let n = 1; this.sending; n++) {
      const attempt: Attempt = { id: randomUUID(), tries: 0, seq: null };
      this.attempts.push(attempt);
      while (attempt.seq === null) {
        const text = `${this.account.userId.slice(-4)} ${n}`;
        const answers = await Promise.all(Array.from({ length: this.twice ? 2 : 1 }, () => this.sendOnce(attempt, text)));
        attempt.seq = answers.find((seq) => seq !== null) ?? null;
        await pause(attempt.seq === null ? PAUSE_MS * 2 : PAUSE_MS);
      }
    }
  }

  private async sendOnce(attempt: Attempt, text: string): Promise<number | null> {
    attempt.tries++;
    const ack = this.transport === 'socket' ? await this.bySocket(attempt.id, text) : await this.byRest(attempt.id, text);
    if (!ack) return null;
    if (ack.ok && ack.message) return ack.message.seq;
    if (ack.error?.status === 429 || ack.error?.status === 503) return null;
    throw new Refused(`a send was refused: ${JSON.stringify(ack.error)}`);
  }

  private async bySocket(id: string, text: string): Promise<Ack | null> {
    if (!this.socket.connected) return null;
    return this.socket
      .timeout(ACK_MS)
      .emitWithAck('message:send', { roomId: this.roomId, id, text })
      .catch(() => null) as Promise<Ack | null>;
  }

  private async byRest(id: string, text: string): Promise<Ack | null> {
    try {
      const answer = await fetch(`${this.url}/v1/rooms/${this.roomId}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.account.token}` },
        body: JSON.stringify({ id, text }),
        signal: AbortSignal.timeout(ACK_MS),
      });
      if (answer.status === 502 || answer.status === 504) return null; // from nginx: no process answered
      const body = (await answer.json()) as { seq: number; status: number; code: string };
      return answer.ok ? { ok: true, message: body } : { ok: false, error: body };
    } catch {
      return null;
    }
  }
}
