import { io, type Socket } from 'socket.io-client';
import { ContractChecker } from './contract-checker.js';
import { PATIENCE_MS, until } from './until.js';

// What a server says is judged by the test that reads it.
export type Json = any;

export interface ReceivedEvent {
  event: string;
  payload: Json;
}

/** One connected device of a person, and all that it has heard, in order. */
export class TestSocket {
  /** What was heard and stands in no document; a world that stops fails with it. */
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
    const ear = new TestSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('ready', () => resolve());
      socket.once('connect_error', (error: Error & { data?: Json }) => {
        socket.disconnect();
        reject(Object.assign(new Error(`connect_error: ${error.message}`), { problem: error.data }));
      });
    });
    return ear;
  }

  /** Emits and gives back the ack, whatever it says. */
  async emits(event: string, payload?: unknown): Promise<Json> {
    const socket = this.socket.timeout(PATIENCE_MS);
    const answer = await (payload === undefined ? socket.emitWithAck(event) : socket.emitWithAck(event, payload));
    const faults = ContractChecker.instance.ofAck(event, answer);
    if (faults.length > 0) throw new Error(`not what the documents say:\n${faults.join('\n')}`);
    return answer;
  }

  all(event: string): Json[] {
    return this.received.filter((received) => received.event === event).map((received) => received.payload);
  }

  /** Waits until an event was heard for which `like` holds, and gives its payload. */
  receives(event: string, like: (payload: Json) => boolean = () => true, ms = PATIENCE_MS): Promise<Json> {
    return until(`${event} heard`, () => this.all(event).find(like), ms);
  }

  /** Waits until a message with this text was heard, and gives the message. */
  receivesText(text: string, ms = PATIENCE_MS): Promise<Json> {
    return until(`the message "${text}" heard`, () => this.messages().find((message) => message.text === text), ms);
  }

  /** Every new message heard, in the order heard. */
  messages(roomId?: string): Json[] {
    const all = this.all('messages:created').flatMap((packet) => packet.messages as Json[]);
    return roomId ? all.filter((message) => message.roomId === roomId) : all;
  }

  /**
   * Ends when everything that this node had sent to this socket before the call has been heard: an answer comes behind what was sent
   * earlier. After it, what was not heard was not sent.
   */
  async flushes(): Promise<this> {
    await this.emits('rooms', {});
    return this;
  }

  close(): void {
    this.socket.disconnect();
  }
}
