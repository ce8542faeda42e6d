import type { MediaImport } from '../../media/media-import.service.js';
import type { MessageRemainsImport } from '../../messages/changing/message-remains-import.service.js';
import type { ReactionImport } from '../../reactions/reaction-import.service.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { Room } from '../../room-access/room.entity.js';
import type { MessageImport, NumberedMessage } from '../../timeline/message-import.service.js';
import type { HeldRoom } from './held-room.js';
import type { KnownRows } from './known-rows.js';
import { refuse } from './reading.js';
import type { Line, Placed } from './records.js';

interface Services {
  messages: MessageImport;
  media: MediaImport;
  reactions: ReactionImport;
  remains: MessageRemainsImport;
}

interface OnMessage {
  roomId: string;
  messageId: string;
  userId: string;
}

/** Steps of what was said in a room; they answer how many records were new. */
export class MessageSteps {
  constructor(
    private readonly known: KnownRows,
    private readonly room: HeldRoom,
    private readonly services: Services,
  ) {}

  messages(lines: readonly Line<'message'>[]): Promise<number> {
    return this.room.change(lines, async ({ room, head }) => {
      const stored = await this.known.messages(
        room.id,
        lines.flatMap(({ record: { id, replyToId } }) => (replyToId ? [id, replyToId] : [id])),
      );
      const fresh = [
        ...new Map(
          lines
            .filter(({ record }) => !stored.has(record.id))
            .toReversed()
            .map((line) => [line.record.id, line]),
        ).values(),
      ].toReversed();
      await this.demandPeople(room, fresh);
      await this.demandMedia(fresh);
      const seqs = new Map([...stored].map(([id, { seq }]) => [id, seq]));
      const numbered = number(head, fresh, seqs);
      await this.services.messages.append(room.id, numbered);
      const places = numbered.flatMap(({ id, seq, mediaIds }) =>
        mediaIds.map((mediaId, position) => ({ messageId: id, seq, position, mediaId })),
      );
      await this.services.media.attach(room.id, places);
      return { added: numbered.length, rev: Math.max(0, ...numbered.map(({ rev }) => rev)) };
    });
  }

  edits(lines: readonly Line<'edit'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({
      added: await this.services.remains.addEdits(roomId, records),
      rev: Math.max(...records.map(({ rev }) => rev)),
    }));
  }

  reactions(lines: readonly Line<'reaction'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({ added: await this.services.reactions.add(roomId, records) }));
  }

  pins(lines: readonly Line<'pin'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({ added: await this.services.remains.addPins(roomId, records) }));
  }

  /** What hangs on messages that are here; of one that was deleted here, nothing comes back. */
  private onMessages<R extends OnMessage>(
    lines: readonly Placed<R>[],
    write: (roomId: string, records: R[]) => Promise<{ added: number; rev?: number }>,
  ): Promise<number> {
    return this.room.change(lines, async ({ room }) => {
      const stored = await this.known.messages(
        room.id,
        lines.map(({ record }) => record.messageId),
      );
      const people = await this.known.users(lines.map(({ record }) => record.userId));
      const records: R[] = [];
      for (const { number: at, record } of lines) {
        const message = stored.get(record.messageId);
        if (!message || message.system) refuse(at, 'messageId', 'is no message of the room that came before');
        if (!people.has(record.userId)) refuse(at, 'userId', 'is nobody who is here');
        if (!message.deleted) records.push(record);
      }
      return records.length > 0 ? write(room.id, records) : { added: 0 };
    });
  }

  private async demandPeople(room: Room, lines: readonly Line<'message'>[]): Promise<void> {
    const people = await this.known.users(lines.flatMap(({ record: { userId, mentions } }) => [userId, ...mentions]));
    for (const { number: at, record } of lines) {
      if (!people.has(record.userId)) refuse(at, 'userId', 'is nobody who is here');
      if (room.isPrivate && ![room.userLow, room.userHigh].includes(record.userId)) refuse(at, 'userId', 'is none of the two of the room');
      if (!record.mentions.every((id) => people.has(id))) refuse(at, 'mentions', 'names somebody who is not here');
    }
  }

  private async demandMedia(lines: readonly Line<'message'>[]): Promise<void> {
    const files = await this.services.media.hold(lines.flatMap(({ record }) => record.mediaIds));
    for (const { number: at, record } of lines) {
      if (!record.mediaIds.every((id) => files.has(id))) refuse(at, 'mediaIds', 'names a file that is not here');
    }
  }
}

/** Puts messages at the end of the room, in the order given. @param seqs of what may be replied to; theirs are added */
function number(
  { lastSeq, lastN }: RoomHead,
  lines: readonly Line<'message'>[],
  seqs: Map<string, number>,
): (NumberedMessage & { mediaIds: string[] })[] {
  let n = lastN;
  return lines.map(({ number: at, record }, index) => {
    const seq = lastSeq + index + 1;
    const replyToSeq = record.replyToId === null ? null : (seqs.get(record.replyToId) ?? null);
    if (record.replyToId !== null && replyToSeq === null) refuse(at, 'replyToId', 'is no message of the room that came before');
    if (record.type !== 'system') n++;
    seqs.set(record.id, seq);
    return { ...record, seq, n, replyToSeq };
  });
}
