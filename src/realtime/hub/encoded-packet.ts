import { PacketType } from 'socket.io-parser';
import type { Connection } from './connection.js';
import type { JsonText } from '../adapter/json-text.js';

/** Of a message of Engine.IO, before the packet of Socket.IO. */
const MESSAGE = '4';
const TEXT = 0x81;
const SHORT = 125;
const MEDIUM = 0xffff;

/**
 * An event on its way to many sockets: encoded once as packet and as WebSocket frame, in one piece, so that each socket costs one write.
 * Where a socket polls, its transport takes the packet.
 */
export class EncodedPacket {
  private readonly packet: string;
  private readonly options: { compress: false; wsPreEncodedFrame: [Buffer] };

  constructor(event: string, body: JsonText) {
    this.packet = `${PacketType.EVENT}[${JSON.stringify(event)},${body.text}]`;
    this.options = { compress: false, wsPreEncodedFrame: [encodeTextFrame(MESSAGE + this.packet)] };
  }

  to({ socket }: Connection): void {
    socket.conn.write(this.packet, this.options);
  }
}

/** A text frame as a server sends it: not masked, not compressed. */
function encodeTextFrame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const head = size <= SHORT ? 2 : size <= MEDIUM ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = TEXT;
  if (head === 2) frame[1] = size;
  else if (head === 4) {
    frame[1] = SHORT + 1;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = SHORT + 2;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  frame.write(text, head);
  return frame;
}
