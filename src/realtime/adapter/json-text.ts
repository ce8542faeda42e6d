import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';

/** A body whose JSON is built already: it is emitted as it stands, however many hear it. */
export class JsonText {
  constructor(readonly text: string) {}

  static of(body: object): JsonText {
    return new JsonText(JSON.stringify(body));
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** Socket.IO's encoder, but for a {@link JsonText}, which it neither walks nor writes again. */
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

/** The `parser` option of the Socket.IO server; for the root namespace, the only one there is. */
export const jsonTextParser = { Encoder: JsonTextEncoder, Decoder };
