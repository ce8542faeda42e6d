import { Injectable, type OnModuleInit } from '@nestjs/common';
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
import { SocketSetup } from '../hub/socket-setup.service.js';
import { SocketSetupQueries } from '../hub/socket-setup.queries.js';
import { JsonText } from '../adapter/json-text.js';
import type { ServerEventName } from '../wire/wire.js';
import { KeyedThrottle } from '../../common/keyed-throttle.js';
import { UserHub, type UserConnections, type UserHint } from '../hub/user-hub.service.js';

const REQUEST_EVENTS = [
  [FriendRequestReceived, 'friend-request:received'],
  [FriendRequestApproved, 'friend-request:approved'],
  [FriendRequestRejected, 'friend-request:rejected'],
  [FriendRequestCancelled, 'friend-request:cancelled'],
] as const;

/** Says to people what concerns them alone, each as they see it: read by the processes that have their sockets, and by no other. */
@Injectable()
export class UserFanout implements OnModuleInit {
  /** Read marks come with every message that is looked at. */
  private readonly marks = new KeyedThrottle<MembershipChanged>((change) => this.seatChanged(change));

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
    this.userHub.onHint((user, hint) => void this.act(user, hint));
    this.events.on(MembershipChanged, (change) => {
      if (change.my === null) this.marks.offer(`${change.roomId} ${change.userId}`, change);
      else this.seatChanged(change);
    });
    this.events.on(MeChanged, ({ userId, my }) => this.userHub.publishHint(userId, { do: 'me', my }));
    for (const [fact, event] of REQUEST_EVENTS) {
      this.events.on(fact, ({ friendRequest, fromMy, toMy }) => {
        this.tell(friendRequest.fromUser.id, event, fromMy, { friendRequest });
        this.tell(friendRequest.toUser.id, event, toMy, { friendRequest });
      });
    }
    this.events.on(FriendRemoved, ({ users: [one, other] }) => {
      this.tell(one.userId, 'friend:removed', one.my, { userId: other.userId });
      this.tell(other.userId, 'friend:removed', other.my, { userId: one.userId });
    });
  }

  private seatChanged({ userId, roomId, my }: MembershipChanged): void {
    this.userHub.publishHint(userId, { do: 'membership', roomId, my });
  }

  private tell(userId: string, event: ServerEventName, my: number, body: object): void {
    this.userHub.sendToUser(userId, { event, my, body: JsonText.of({ ...body, my }) });
  }

  private act(user: UserConnections, hint: Exclude<UserHint, { do: 'say' }>): Promise<void> {
    switch (hint.do) {
      case 'enter':
        return user.queue(() => this.setup.subscribeUser(user, hint.roomId, hint.my));
      case 'membership':
        return user.queue(() => this.sayMembership(user, hint.roomId, hint.my));
      case 'me':
        return user.queue(() => this.sayMe(user, hint.my));
    }
  }

  private async sayMembership(user: UserConnections, roomId: string, my: number | null): Promise<void> {
    const membership = await this.queries.membership(user.userId, roomId);
    if (!membership) return;
    user.deliver({ event: 'membership:updated', my, body: JsonText.of({ roomId, membership, ...(my !== null && { my }) }) });
  }

  private async sayMe(user: UserConnections, my: number): Promise<void> {
    const me = meViewOf(await this.users.requireActiveUser(user.userId), my);
    user.deliver({ event: 'me:updated', my, body: JsonText.of({ me, my }) });
  }
}
