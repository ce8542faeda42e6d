import { JsonText } from '../adapter/json-text.js';

/** What everybody in a room hears, in the room's order. */
export interface RoomPacket {
  readonly roomId: string;
  readonly event: 'messages:created' | 'messages:updated' | 'room:updated' | 'room-user:added' | 'room-user:updated' | 'room-user:removed';
  /** It brings who holds everything up to `from` to `to`, counted in messages (`seq`) or in changes (`rev`). */
  readonly order: 'seq' | 'rev';
  readonly from: number;
  readonly to: number;
  /** The room's fence when it was written: who lost the room before must not hear it. */
  readonly fence: number;
  readonly body: JsonText;
}

/** What some people in a room hear now or never. */
export interface EphemeralEvent {
  readonly roomId: string;
  readonly event: 'typing' | 'room:read';
  readonly to: readonly string[];
  readonly body: JsonText;
}

const isEphemeral = (packet: RoomPacket | EphemeralEvent): packet is EphemeralEvent => 'to' in packet && Array.isArray(packet.to);

/** A packet between processes: a line of what the nodes need, then the very bytes that clients get. */
export function encodePacket(packet: RoomPacket | EphemeralEvent): string {
  const { body, ...head } = packet;
  return `${JSON.stringify(head)}\n${body.text}`;
}

/** @returns what {@link encodePacket} was given; undefined for what a newer or older process may say */
export function decodePacket(text: string): { room: RoomPacket } | { passing: EphemeralEvent } | undefined {
  const end = text.indexOf('\n');
  try {
    const packet = { ...(JSON.parse(text.slice(0, end)) as object), body: new JsonText(text.slice(end + 1)) } as
      RoomPacket | EphemeralEvent;
    return isEphemeral(packet) ? { passing: packet } : { room: packet };
  } catch {
    return undefined;
  }
}

interface Reply {
  seq: number;
  preview: unknown;
}
interface Entry {
  id: string;
  seq: number;
  replyTo?: Reply | null;
}
interface SaidCause {
  rev: number;
  kind: string;
  messageId: string;
  userId: string | null;
  reaction?: string;
}
interface MessagesBody {
  messages: Entry[];
  causes?: SaidCause[];
}

const withoutEarlierPreview = (entry: Entry, visibleFrom: number): Entry =>
  entry.replyTo && entry.replyTo.seq < visibleFrom ? { ...entry, replyTo: { ...entry.replyTo, preview: null } } : entry;

/**
 * The same for those who see the room only from some point on: no preview of what lies before, and a changed message from before is
 * left out (its cause becomes `hidden`: whoever does hold it asks `changes`).
 * @param visibleFrom the latest of their points
 */
export function forLateJoiners(packet: RoomPacket, visibleFrom: number): JsonText {
  if (!packet.event.startsWith('messages:')) return packet.body;
  const body = packet.body.toJSON() as MessagesBody;
  // Where some begin to see has no say over what is new to all.
  const messages = packet.order === 'seq' ? body.messages : body.messages.filter(({ seq }) => seq >= visibleFrom);
  const shown = new Set(messages.map(({ id }) => id));
  return JsonText.of({
    ...body,
    messages: messages.map((entry) => withoutEarlierPreview(entry, visibleFrom)),
    ...(body.causes && { causes: body.causes.map((cause) => (shown.has(cause.messageId) ? cause : hidden(cause))) }),
  });
}

const hidden = ({ rev, messageId }: SaidCause): SaidCause => ({ rev, kind: 'hidden', messageId, userId: null });
