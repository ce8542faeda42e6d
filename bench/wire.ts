import { connect, type Socket } from 'node:net';

const HANDSHAKE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

/** Returns a text frame, masked with zeros. */
function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : 4;
  const frame = Buffer.alloc(head + 4 + length);
  frame[0] = 0x81;
  if (length < 126) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, head + 4);
  return frame;
}

export interface WireHandlers {
  /** The namespace is joined, and the ready event has arrived if there is one. */
  ready(): void;
  /** `43<id>[…]` */
  ack(id: number, frame: Buffer): void;
  /** `42["messages:created",…]`, or `42["message",…]` */
  messages(frame: Buffer): void;
  closed(): void;
}

const PING = 0x32;
const MESSAGE = 0x34;
const CONNECTED = 0x30;
const EVENT = 0x32;
const ACK = 0x33;

/**
 * A minimal Socket.IO client: frames over a TCP socket, parsed no further than needed. A real client costs more processor time than the
 * server, and would measure itself.
 */
export class WireClient {
  private readonly socket: Socket;
  private upgraded = false;
  private buffered: Buffer | null = null;
  /** One buffer for all input: what is kept longer is copied. */
  private readonly buffer = Buffer.allocUnsafeSlow(16_384);

  /** @param readyEvent the event after which the client counts as ready; null: once the namespace is joined */
  constructor(
    port: number,
    private readonly auth: object | null,
    private readonly readyEvent: string | null,
    private readonly handlers: WireHandlers,
  ) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: this.buffer,
        callback: (size) => {
          this.receive(this.buffer.subarray(0, size));
          return true;
        },
      },
    });
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => this.socket.write(`${HANDSHAKE}\r\n\r\n`));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => handlers.closed());
  }

  send(packet: string): void {
    this.socket.write(encodeFrame(packet));
  }

  /** Stops reading. */
  stall(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    let data = this.buffered ? Buffer.concat([this.buffered, chunk]) : chunk;
    this.buffered = null;
    if (!this.upgraded) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) return void (this.buffered = Buffer.from(data));
      this.upgraded = true;
      data = data.subarray(end + 4);
      this.send(`40${this.auth ? JSON.stringify(this.auth) : ''}`);
    }
    let at = 0;
    while (data.length - at >= 2) {
      const { head, size } = lengthAt(data, at);
      if (data.length - at < head || data.length - at < head + size) break;
      this.frame(data.subarray(at + head, at + head + size));
      at += head + size;
    }
    if (at < data.length) this.buffered = Buffer.from(data.subarray(at));
  }

  private frame(frame: Buffer): void {
    if (frame[0] === PING) return this.send('3');
    if (frame[0] !== MESSAGE) return;
    if (frame[1] === CONNECTED && this.readyEvent === null) this.handlers.ready();
    else if (frame[1] === ACK) this.handlers.ack(parseInt(frame.toString('latin1', 2, 12), 10), frame);
    else if (frame[1] === EVENT && frame[4] === 0x6d && frame[6] === 0x73) this.handlers.messages(frame);
    else if (frame[1] === EVENT && this.readyEvent !== null && frame.toString('latin1', 4, 4 + this.readyEvent.length) === this.readyEvent)
      this.handlers.ready();
  }
}

function lengthAt(data: Buffer, at: number): { head: number; size: number } {
  const size = data[at + 1]! & 127;
  if (size === 126) return { head: 4, size: data.length - at >= 4 ? data.readUInt16BE(at + 2) : 0 };
  if (size === 127) return { head: 10, size: data.length - at >= 10 ? Number(data.readBigUInt64BE(at + 2)) : 0 };
  return { head: 2, size };
}
