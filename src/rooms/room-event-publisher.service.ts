import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import type { Room } from '../room-access/room.entity.js';
import type { LogStep } from '../room-access/room.types.js';
import { MessageRepository } from '../timeline/message.repository.js';
import { RoomViews } from './room-views.service.js';
import { RoomUpdated, RoomDeleted, RoomCreated } from './rooms.events.js';

/** Publishes the events of a room as a whole and appends their system messages. Expects the transaction that has locked the room head. */
@Injectable()
export class RoomEventPublisher {
  constructor(
    private readonly messageRepository: MessageRepository,
    private readonly events: DomainEvents,
    private readonly views: RoomViews,
  ) {}

  /** @param userIds the members besides the creator; the system message does not name the readers of a channel */
  async publishCreated(room: Room, actorId: string, userIds: readonly string[], my: ReadonlyMap<string, number>): Promise<void> {
    this.events.publish(new RoomCreated(room.id, 0, my));
    await this.messageRepository.appendSystemMessage(room.id, actorId, 'room_created', room.type === 'channel' ? [] : userIds);
  }

  async publishUpdated(room: Room, actorId: string, { prevRev, rev, fence }: LogStep): Promise<void> {
    this.events.publish(new RoomUpdated(room.id, prevRev, rev, fence, await this.views.getNeutralRoom(room.id)));
    await this.messageRepository.appendSystemMessage(room.id, actorId, 'room_updated', []);
  }

  publishDeleted(room: Room, fence: number, userIds: readonly string[] | null, my: ReadonlyMap<string, number>): void {
    this.events.publish(new RoomDeleted(room.id, fence, userIds, my));
  }
}
