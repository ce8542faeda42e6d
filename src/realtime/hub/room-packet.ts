import { JsonText } from '../adapter/json-text.js';

/** A server event of a room, in the room's order, for all its members. */
export interface RoomPacket {
  readonly roomId: string;
  readonly event: 'messages:created' | 'messages:updated' | 'room:updated' | 'room-user:added' | 'room-user:updated' | 'room-user:removed';
  /** The packet brings a client that has everything up to `from` to `to`, counted in messages (`seq`) or in changes (`rev`). */
  readonly order: 'seq' | 'rev';
  readonly from: number;
  readonly to: number;
  /** The room's fence at the commit: a user who lost access before must not receive the packet. */
  readonly fence: number;
  readonly body: JsonText;
}

/** An event without a number for some members of a room; it may be lost. */
export interface EphemeralEvent {
  readonly roomId: string;
  readonly event: 'typing' | 'room:read';
  readonly to: readonly string[];
  readonly body: JsonText;
}

export const isEphemeral = (packet: RoomPacket | EphemeralEvent): packet is EphemeralEvent => Array.isArray(packet.to);

/** Encodes a packet for other processes: a line with its head, then the bytes that clients receive. */
export function encodePacket(packet: RoomPacket | EphemeralEvent): string {
  const { body, ...head } = packet;
  return `${JSON.stringify(head)}\n${body.text}`;
}

/** Decodes what {@link encodePacket} returned; undefined for text that another version of the process published. */
export function decodePacket(text: string): RoomPacket | EphemeralEvent | undefined {
  const end = text.indexOf('\n');
  try {
    return { ...(JSON.parse(text.slice(0, end)) as object), body: new JsonText(text.slice(end + 1)) } as RoomPacket | EphemeralEvent;
  } catch {
    return undefined;
  }
}

interface Entry {
  id: string;
  seq: number;
  replyTo?: { seq: number; preview: unknown } | null;
}

interface PacketCause {
  rev: number;
  kind: string;
  messageId: string;
  userId: string | null;
  reaction?: string;
}

/**
 * Returns the body of a packet for late joiners: without previews of earlier messages, and without changed messages from before (their cause
 * becomes `hidden`: a client that has such a message asks `changes`).
 * @param visibleFrom the highest first visible `seq` of the recipients
 */
export function forLateJoiners(packet: RoomPacket, visibleFrom: number): JsonText {
  if (!packet.event.startsWith('messages:')) return packet.body;
  const body = packet.body.toJSON() as { messages: Entry[]; causes?: PacketCause[] };
  // A new message is visible to all recipients.
  const messages = packet.order === 'seq' ? body.messages : body.messages.filter(({ seq }) => seq >= visibleFrom);
  const visibleIds = new Set(messages.map(({ id }) => id));
  return JsonText.of({
    ...body,
    messages: messages.map((entry) => withoutEarlierPreview(entry, visibleFrom)),
    ...(body.causes && { causes: body.causes.map((cause) => (visibleIds.has(cause.messageId) ? cause : hiddenCause(cause))) }),
  });
}

const withoutEarlierPreview = (entry: Entry, visibleFrom: number): Entry =>
  entry.replyTo && entry.replyTo.seq < visibleFrom ? { ...entry, replyTo: { ...entry.replyTo, preview: null } } : entry;

const hiddenCause = ({ rev, messageId }: PacketCause): PacketCause => ({ rev, kind: 'hidden', messageId, userId: null });
