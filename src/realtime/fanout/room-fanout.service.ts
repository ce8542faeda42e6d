import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SessionEnded } from '../../auth/auth.events.js';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import type { LogStep } from '../../room-access/room.types.js';
import { RoomUserRemoved, RoomUsersAdded, RoomUserUpdated } from '../../room-users/room-users.events.js';
import { RoomCreated, RoomDeleted, RoomUpdated } from '../../rooms/rooms.events.js';
import { MessagesChanged, MessagesPosted } from '../../timeline/timeline.events.js';
import { JsonText } from '../adapter/json-text.js';
import { RoomHub } from '../hub/room-hub.service.js';
import type { RoomPacket } from '../hub/room-packet.js';
import { UserHub } from '../hub/user-hub.service.js';
import { ChangeMerger, updatedBody, type MessageChanges } from './change-merger.js';
import { Revocation } from './revocation.service.js';

type Change = LogStep & { readonly roomId: string };
type ChangeEvent = Exclude<RoomPacket['event'], 'messages:created'>;

/** Publishes what has changed in rooms to their members, and ends the access of former members. */
@Injectable()
export class RoomFanout implements OnModuleInit {
  private readonly merger = new ChangeMerger((changes) => this.publishChange('messages:updated', changes, updatedBody(changes)));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly hub: RoomHub,
    private readonly userHub: UserHub,
    private readonly revocation: Revocation,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.events.on(MessagesPosted, (event) => this.publishMessages(event));
    this.events.on(MessagesChanged, (event) => this.merger.add(event));
    this.events.on(RoomCreated, ({ roomId, my }) => this.subscribeMembers(roomId, my));
    this.events.on(RoomUpdated, (event) => this.publishLogged('room:updated', event, { room: event.room }));
    this.events.on(RoomDeleted, ({ roomId, fence, userIds, my }) => {
      this.revocation.revokeLocally(roomId, userIds, 'deleted', my);
      this.hub.findChannel(roomId)?.acknowledgeFence(fence);
    });
    this.events.on(RoomUsersAdded, (event) => {
      this.publishLogged('room-user:added', event, { roomUsers: event.roomUsers });
      this.subscribeMembers(event.roomId, event.my);
    });
    this.events.on(RoomUserUpdated, (event) => {
      const { roomId, roomUser, my } = event;
      this.publishLogged('room-user:updated', event, { roomUser });
      this.userHub.publishHint(roomUser.userId, { do: 'membership', roomId, my });
    });
    this.events.on(RoomUserRemoved, (event) => {
      const { roomId, userId, reason, my, fence } = event;
      this.revocation.revokeLocally(roomId, [userId], reason, new Map([[userId, my]]));
      this.hub.findChannel(roomId)?.acknowledgeFence(fence);
      this.publishLogged('room-user:removed', event, { userId });
    });
    this.events.on(SessionEnded, (event) => this.revocation.endSessions(event));
  }

  /** Publishes the changes that wait to be merged. */
  flush(): void {
    this.merger.flushAll();
  }

  private publishMessages({ roomId, fence, messages }: MessagesPosted): void {
    const first = messages[0];
    const last = messages.at(-1);
    if (!first || !last) return;
    const body = JsonText.of({ roomId, messages });
    this.hub.publishPacket({ roomId, event: 'messages:created', order: 'seq', from: first.seq - 1, to: last.seq, fence, body });
  }

  private subscribeMembers(roomId: string, my: ReadonlyMap<string, number>): void {
    for (const [userId, number] of my) this.userHub.publishHint(userId, { do: 'enter', roomId, my: number });
  }

  /** Publishes nothing to the room for a change that is not logged (about a reader of a channel). */
  private publishLogged(event: ChangeEvent, step: Change, more: object): void {
    const { roomId, prevRev, rev } = step;
    if (rev === prevRev) return;
    this.merger.flush(roomId);
    this.publishChange(event, step, { roomId, prevRev, rev, ...more });
  }

  private publishChange(event: ChangeEvent, { roomId, prevRev, rev, fence }: Change | MessageChanges, body: object): void {
    this.hub.publishPacket({ roomId, event, order: 'rev', from: prevRev, to: rev, fence, body: JsonText.of(body) });
  }
}
