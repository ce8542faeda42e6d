import { PacketType } from 'socket.io-parser';
import type { JsonText } from '../adapter/json-text.js';
import type { Connection } from './connection.js';

/** Type of an Engine.IO message, before the Socket.IO packet. */
const MESSAGE = '4';
/** First byte of a final text frame. */
const TEXT = 0x81;
const MAX_7_BIT = 125;
const MAX_16_BIT = 0xffff;

/**
 * An event for many sockets: encoded once as Socket.IO packet and as WebSocket frame, in one buffer, so that each socket costs one write. A
 * polling transport takes the packet instead.
 */
export class EncodedPacket {
  private readonly packet: string;
  private readonly options: { compress: false; wsPreEncodedFrame: [Buffer] };

  constructor(event: string, body: JsonText) {
    this.packet = `${PacketType.EVENT}[${JSON.stringify(event)},${body.text}]`;
    this.options = { compress: false, wsPreEncodedFrame: [encodeTextFrame(MESSAGE + this.packet)] };
  }

  writeTo({ socket }: Connection): void {
    socket.conn.write(this.packet, this.options);
  }
}

/** Encodes a text frame as a server sends it: not masked, not compressed. @see RFC 6455 §5.2 */
function encodeTextFrame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const head = size <= MAX_7_BIT ? 2 : size <= MAX_16_BIT ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = TEXT;
  if (head === 2) frame[1] = size;
  else if (head === 4) {
    frame[1] = MAX_7_BIT + 1;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = MAX_7_BIT + 2;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  frame.write(text, head);
  return frame;
}
