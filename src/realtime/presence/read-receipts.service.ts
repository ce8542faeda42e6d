import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { KeyedThrottle } from '../../common/keyed-throttle.js';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { DomainEvents } from '../../events/domain-events.js';
import { ReadMarked } from '../../room-users/room-users.events.js';
import { JsonText } from '../adapter/json-text.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { EphemeralAudience } from './ephemeral-audience.queries.js';

/** Publishes read marks, at most one a second per member, between members who both show what they have read. */
@Injectable()
export class ReadReceipts implements OnModuleInit {
  private readonly log = new Logger(ReadReceipts.name);
  private readonly throttle = new KeyedThrottle<ReadMarked>((mark) => void this.publishReceipts(mark));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly audience: EphemeralAudience,
    private readonly hub: RoomHub,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    if (this.role.isServer) this.events.on(ReadMarked, (mark) => this.throttle.offer(`${mark.roomId} ${mark.userId}`, mark));
  }

  private async publishReceipts({ roomId, userId, seq }: ReadMarked): Promise<void> {
    try {
      const to = await this.audience.findReceiptViewers(roomId, userId, this.settings.realtime.ephemeralMembers);
      if (to.length > 0) this.hub.publishEphemeral({ roomId, event: 'room:read', to, body: JsonText.of({ roomId, userId, seq }) });
    } catch (error) {
      this.log.warn(`A read mark could not be published: ${String(error)}`); // the next one includes it
    }
  }
}
