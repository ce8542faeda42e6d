import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { DomainEvents } from '../../events/domain-events.js';
import { Relations } from '../../friends/relations.service.js';
import { ReadMarked } from '../../room-users/room-users.events.js';
import { JsonText } from '../json-text.js';
import { LiveRooms } from '../fanout/live-rooms.service.js';
import { PassingQueries } from './passing.queries.js';

const EVERY_MS = 1_000;

interface Mark {
  roomId: string;
  userId: string;
  seq: number;
}

/** Tells who has read what: of one person in one room once a second at most, and only between people who both show it. */
@Injectable()
export class Receipts implements OnModuleInit {
  /** Marks to be told when their second is over; null: nothing new. */
  private readonly pending = new Map<string, Mark | null>();

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly queries: PassingQueries,
    private readonly relations: Relations,
    private readonly rooms: LiveRooms,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    if (this.role.isServer) this.events.on(ReadMarked, (mark) => this.marked(mark));
  }

  private marked(mark: Mark): Promise<void> | void {
    const key = `${mark.roomId} ${mark.userId}`;
    if (this.pending.has(key)) {
      this.pending.set(key, { ...mark, seq: Math.max(mark.seq, this.pending.get(key)?.seq ?? 0) });
      return;
    }
    this.rest(key);
    return this.tell(mark);
  }

  private rest(key: string): void {
    this.pending.set(key, null);
    setTimeout(() => {
      const mark = this.pending.get(key);
      this.pending.delete(key);
      if (!mark) return;
      this.rest(key);
      this.tell(mark).catch(() => undefined); // the next mark says more
    }, EVERY_MS).unref();
  }

  private async tell({ roomId, userId, seq }: Mark): Promise<void> {
    const others = await this.queries.others(roomId, userId, this.settings.realtime.ephemeralMembers);
    const to = [...(await this.relations.receiptsBetween(userId, others))];
    if (to.length > 0) this.rooms.pass({ roomId, event: 'room:read', to, body: JsonText.of({ roomId, userId, seq }) });
  }
}
