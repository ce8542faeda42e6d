import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyedThrottle } from '../../common/keyed-throttle.js';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import {
  FriendRemoved,
  FriendRequestApproved,
  FriendRequestCancelled,
  FriendRequestReceived,
  FriendRequestRejected,
} from '../../friends/friends.events.js';
import { MembershipChanged } from '../../room-users/room-users.events.js';
import { MeChanged } from '../../users/users.events.js';
import { UsersService } from '../../users/users.service.js';
import { meViewOf } from '../../users/user.view.js';
import { JsonText } from '../adapter/json-text.js';
import { SocketSetupQueries } from '../hub/socket-setup.queries.js';
import { SocketSetup } from '../hub/socket-setup.service.js';
import type { UserConnections } from '../hub/user-connections.js';
import { UserHub, type UserHint } from '../hub/user-hub.service.js';
import type { ServerEventName } from '../wire/wire.js';

const REQUEST_EVENTS = [
  [FriendRequestReceived, 'friend-request:received'],
  [FriendRequestApproved, 'friend-request:approved'],
  [FriendRequestRejected, 'friend-request:rejected'],
  [FriendRequestCancelled, 'friend-request:cancelled'],
] as const;

/** Publishes personal changes to the user they concern. Only processes with sockets of that user read the views. */
@Injectable()
export class UserFanout implements OnModuleInit {
  /** Read marks change with every message that is read. */
  private readonly readMarks = new KeyedThrottle<MembershipChanged>((change) => this.publishMembership(change));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly userHub: UserHub,
    private readonly setup: SocketSetup,
    private readonly queries: SocketSetupQueries,
    private readonly users: UsersService,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.userHub.onHint((user, hint) => void user.queue(() => this.handleHint(user, hint)));
    this.events.on(MembershipChanged, (change) => {
      if (change.my === null) this.readMarks.offer(`${change.roomId} ${change.userId}`, change);
      else this.publishMembership(change);
    });
    this.events.on(MeChanged, ({ userId, my }) => this.userHub.publishHint(userId, { do: 'me', my }));
    for (const [decision, event] of REQUEST_EVENTS) {
      this.events.on(decision, ({ friendRequest, fromMy, toMy }) => {
        this.sendPersonal(friendRequest.fromUser.id, event, fromMy, { friendRequest });
        this.sendPersonal(friendRequest.toUser.id, event, toMy, { friendRequest });
      });
    }
    this.events.on(FriendRemoved, ({ users: [one, other] }) => {
      this.sendPersonal(one.userId, 'friend:removed', one.my, { userId: other.userId });
      this.sendPersonal(other.userId, 'friend:removed', other.my, { userId: one.userId });
    });
  }

  private publishMembership({ userId, roomId, my }: MembershipChanged): void {
    this.userHub.publishHint(userId, { do: 'membership', roomId, my });
  }

  private sendPersonal(userId: string, event: ServerEventName, my: number, body: object): void {
    this.userHub.sendToUser(userId, { event, my, body: JsonText.of({ ...body, my }) });
  }

  private handleHint(user: UserConnections, hint: UserHint): Promise<void> {
    switch (hint.do) {
      case 'enter':
        return this.setup.subscribeUser(user, hint.roomId, hint.my);
      case 'membership':
        return this.deliverMembership(user, hint.roomId, hint.my);
      case 'me':
        return this.deliverMe(user, hint.my);
    }
  }

  private async deliverMembership(user: UserConnections, roomId: string, my: number | null): Promise<void> {
    const membership = await this.queries.membership(user.userId, roomId);
    if (!membership) return;
    user.deliverInOrder({ event: 'membership:updated', my, body: JsonText.of({ roomId, membership, ...(my !== null && { my }) }) });
  }

  private async deliverMe(user: UserConnections, my: number): Promise<void> {
    const me = meViewOf(await this.users.requireActiveUser(user.userId), my);
    user.deliverInOrder({ event: 'me:updated', my, body: JsonText.of({ me, my }) });
  }
}
