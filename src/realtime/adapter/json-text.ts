import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';

/** A body that is JSON text already: emitted as it is, to any number of sockets. */
export class JsonText {
  constructor(readonly text: string) {}

  static of(body: object): JsonText {
    return new JsonText(JSON.stringify(body));
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** Socket.IO's encoder, except that it neither walks a {@link JsonText} nor serialises it again. */
class JsonTextEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const data: unknown = packet.data;
    if (!Array.isArray(data)) return super.encode(packet);
    const [event, body] = data as unknown[];
    if (packet.type === PacketType.EVENT && packet.id === undefined && body instanceof JsonText) {
      return [`${packet.type}[${JSON.stringify(event)},${body.text}]`];
    }
    if (packet.type === PacketType.ACK && event instanceof JsonText) return [`${packet.type}${packet.id ?? ''}[${event.text}]`];
    return super.encode(packet);
  }
}

/** The `parser` option of the Socket.IO server. A {@link JsonText} can be emitted in the root namespace only. */
export const jsonTextParser = { Encoder: JsonTextEncoder, Decoder };
