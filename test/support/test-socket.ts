import { io, type Socket } from 'socket.io-client';
import { ContractChecker } from './contract-checker.js';
import { PATIENCE_MS, until } from './until.js';

// Tests check the content of events, not types.
export type Json = any;

export interface ReceivedEvent {
  event: string;
  payload: Json;
}

/** One connected device of a user, and all events that it received, in order. */
export class TestSocket {
  /** Received events that contradict the documents; a world that stops fails with them. */
  static readonly faults: string[] = [];

  readonly received: ReceivedEvent[] = [];

  private constructor(readonly socket: Socket) {
    socket.onAny((event: string, payload: Json) => {
      this.received.push({ event, payload });
      TestSocket.faults.push(...ContractChecker.instance.ofEvent(event, payload));
    });
  }

  /** Connects and waits for `ready`. Rejects with the problem that the server gave. */
  static async open(url: string, auth: Record<string, unknown>, transport: 'websocket' | 'polling' = 'websocket'): Promise<TestSocket> {
    const socket = io(url, { transports: [transport], auth, reconnection: false, forceNew: true });
    const device = new TestSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('ready', () => resolve());
      socket.once('connect_error', (error: Error & { data?: Json }) => {
        socket.disconnect();
        reject(Object.assign(new Error(`connect_error: ${error.message}`), { problem: error.data }));
      });
    });
    return device;
  }

  /** Emits, and returns the ack, whether it is ok or not. */
  async emits(event: string, payload?: unknown): Promise<Json> {
    const socket = this.socket.timeout(PATIENCE_MS);
    const answer = await (payload === undefined ? socket.emitWithAck(event) : socket.emitWithAck(event, payload));
    const faults = ContractChecker.instance.ofAck(event, answer);
    if (faults.length > 0) throw new Error(`not as documented:\n${faults.join('\n')}`);
    return answer;
  }

  all(event: string): Json[] {
    return this.received.filter((received) => received.event === event).map((received) => received.payload);
  }

  /** Waits until an event was received for which `like` holds, and returns its payload. */
  receives(event: string, like: (payload: Json) => boolean = () => true, ms = PATIENCE_MS): Promise<Json> {
    return until(`${event} received`, () => this.all(event).find(like), ms);
  }

  /** Waits until a message with this text was received, and returns the message. */
  receivesText(text: string, ms = PATIENCE_MS): Promise<Json> {
    return until(`the message "${text}" received`, () => this.messages().find((message) => message.text === text), ms);
  }

  /** Every new message received, in the order received. */
  messages(roomId?: string): Json[] {
    const all = this.all('messages:created').flatMap((packet) => packet.messages as Json[]);
    return roomId ? all.filter((message) => message.roomId === roomId) : all;
  }

  /**
   * Ends when everything that this node had sent to this socket before the call has been received: an ack comes after what was sent
   * earlier. After it, an event that was not received was not sent.
   */
  async flushes(): Promise<this> {
    await this.emits('rooms', {});
    return this;
  }

  close(): void {
    this.socket.disconnect();
  }
}
