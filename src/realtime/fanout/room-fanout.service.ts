import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SessionEnded } from '../../auth/auth.events.js';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import type { LogStep } from '../../room-access/room.types.js';
import { RoomUserRemoved, RoomUsersAdded, RoomUserUpdated } from '../../room-users/room-users.events.js';
import { RoomUpdated, RoomDeleted, RoomCreated } from '../../rooms/rooms.events.js';
import { MessagesChanged, MessagesPosted } from '../../timeline/timeline.events.js';
import { ChangeMerger, updatedBody, type MessageChanges } from './change-merger.js';
import { JsonText } from '../adapter/json-text.js';
import { UserHub } from '../hub/user-hub.service.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { Revocation } from './revocation.service.js';
import type { RoomPacket } from '../hub/room-packet.js';

type Change = LogStep & { readonly roomId: string };
type ChangeEvent = Exclude<RoomPacket['event'], 'messages:created'>;

/** Says what happens in rooms, after the commit, to those who sit there. */
@Injectable()
export class RoomFanout implements OnModuleInit {
  private readonly changes = new ChangeMerger((changes) => this.change('messages:updated', changes, updatedBody(changes)));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly hub: RoomHub,
    private readonly userHub: UserHub,
    private readonly revocation: Revocation,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.events.on(MessagesPosted, (event) => this.posted(event));
    this.events.on(MessagesChanged, (event) => this.changes.add(event));
    this.events.on(RoomCreated, ({ roomId, my }) => this.opened(roomId, my));
    this.events.on(RoomUpdated, (event) => this.logged('room:updated', event, { room: event.room }));
    this.events.on(RoomDeleted, (event) => this.closed(event));
    this.events.on(RoomUsersAdded, (event) => this.added(event));
    this.events.on(RoomUserUpdated, (event) => this.updated(event));
    this.events.on(RoomUserRemoved, (event) => this.removed(event));
    this.events.on(SessionEnded, ({ sessionIds, reason }) => this.revocation.endSessions(sessionIds, reason));
  }

  /** What is held back to be merged is said: the process ends. */
  flush(): void {
    this.changes.flushAll();
  }

  private posted({ roomId, fence, messages }: MessagesPosted): void {
    const first = messages[0];
    const last = messages.at(-1);
    if (!first || !last) return;
    const body = JsonText.of({ roomId, messages });
    this.hub.publish({ roomId, event: 'messages:created', order: 'seq', from: first.seq - 1, to: last.seq, fence, body });
  }

  private opened(roomId: string, my: ReadonlyMap<string, number>): void {
    for (const [userId, number] of my) this.userHub.publishHint(userId, { do: 'enter', roomId, my: number });
  }

  private added(event: RoomUsersAdded): void {
    this.logged('room-user:added', event, { roomUsers: event.roomUsers });
    this.opened(event.roomId, event.my);
  }

  private updated(event: RoomUserUpdated): void {
    const { roomId, roomUser, my } = event;
    this.logged('room-user:updated', event, { roomUser });
    this.userHub.publishHint(roomUser.userId, { do: 'membership', roomId, my });
  }

  private removed(event: RoomUserRemoved): void {
    const { roomId, userId, reason, my, fence } = event;
    this.revocation.revokeLocally(roomId, [userId], reason, new Map([[userId, my]]));
    this.hub.find(roomId)?.acknowledgeFence(fence);
    this.logged('room-user:removed', event, { userId });
  }

  private closed({ roomId, fence, userIds, my }: RoomDeleted): void {
    this.revocation.revokeLocally(roomId, userIds, 'deleted', my);
    this.hub.find(roomId)?.acknowledgeFence(fence);
  }

  /** An unlogged change (a reader of a channel) is told to nobody in the room. */
  private logged(event: ChangeEvent, step: Change, more: object): void {
    const { roomId, prevRev, rev } = step;
    if (rev === prevRev) return;
    this.changes.flush(roomId);
    this.change(event, step, { roomId, prevRev, rev, ...more });
  }

  private change(event: ChangeEvent, { roomId, prevRev, rev, fence }: Change | MessageChanges, body: object): void {
    this.hub.publish({ roomId, event, order: 'rev', from: prevRev, to: rev, fence, body: JsonText.of(body) });
  }
}
