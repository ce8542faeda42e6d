import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { DomainEvents } from '../../events/domain-events.js';
import { ReadMarked } from '../../room-users/room-users.events.js';
import { JsonText } from '../json-text.js';
import { LiveRooms } from '../fanout/live-rooms.service.js';
import { OnceASecond } from '../once-a-second.js';
import { PassingQueries } from './passing.queries.js';

/** Tells who has read what: of one person in one room once a second at most, and only between people who both show it. */
@Injectable()
export class Receipts implements OnModuleInit {
  private readonly log = new Logger(Receipts.name);
  private readonly marks = new OnceASecond<ReadMarked>((mark) => void this.tell(mark));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly queries: PassingQueries,
    private readonly rooms: LiveRooms,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    if (this.role.isServer) this.events.on(ReadMarked, (mark) => this.marks.offer(`${mark.roomId} ${mark.userId}`, mark));
  }

  private async tell({ roomId, userId, seq }: ReadMarked): Promise<void> {
    try {
      const to = await this.queries.whoSeesReading(roomId, userId, this.settings.realtime.ephemeralMembers);
      if (to.length > 0) this.rooms.pass({ roomId, event: 'room:read', to, body: JsonText.of({ roomId, userId, seq }) });
    } catch (error) {
      this.log.warn(`A read mark could not be told: ${String(error)}`); // the next one says more
    }
  }
}
