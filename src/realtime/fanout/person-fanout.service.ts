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
import { Arrival } from '../repair/arrival.service.js';
import { ArrivalQueries } from '../repair/arrival.queries.js';
import { JsonText } from '../json-text.js';
import type { ServerEventName } from '../wire.js';
import { OnceASecond } from '../once-a-second.js';
import { LivePeople, type LivePerson, type PersonHint } from './live-people.service.js';

const REQUEST_EVENTS = [
  [FriendRequestReceived, 'friend-request:received'],
  [FriendRequestApproved, 'friend-request:approved'],
  [FriendRequestRejected, 'friend-request:rejected'],
  [FriendRequestCancelled, 'friend-request:cancelled'],
] as const;

/** Says to people what concerns them alone, each as they see it: read by the processes that have their sockets, and by no other. */
@Injectable()
export class PersonFanout implements OnModuleInit {
  /** Read marks come with every message that is looked at. */
  private readonly marks = new OnceASecond<MembershipChanged>((change) => this.seatChanged(change));

  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly people: LivePeople,
    private readonly arrival: Arrival,
    private readonly queries: ArrivalQueries,
    private readonly users: UsersService,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.people.whenHinted((person, hint) => void this.act(person, hint));
    this.events.on(MembershipChanged, (change) => {
      if (change.my === null) this.marks.offer(`${change.roomId} ${change.userId}`, change);
      else this.seatChanged(change);
    });
    this.events.on(MeChanged, ({ userId, my }) => this.people.hint(userId, { do: 'me', my }));
    for (const [fact, event] of REQUEST_EVENTS) {
      this.events.on(fact, ({ friendRequest, fromMy, toMy }) => {
        this.tell(friendRequest.fromUser.id, event, fromMy, { friendRequest });
        this.tell(friendRequest.toUser.id, event, toMy, { friendRequest });
      });
    }
    this.events.on(FriendRemoved, ({ people: [one, other] }) => {
      this.tell(one.userId, 'friend:removed', one.my, { userId: other.userId });
      this.tell(other.userId, 'friend:removed', other.my, { userId: one.userId });
    });
  }

  private seatChanged({ userId, roomId, my }: MembershipChanged): void {
    this.people.hint(userId, { do: 'membership', roomId, my });
  }

  private tell(userId: string, event: ServerEventName, my: number, body: object): void {
    this.people.tell(userId, { event, my, body: JsonText.of({ ...body, my }) });
  }

  private act(person: LivePerson, hint: Exclude<PersonHint, { do: 'say' }>): Promise<void> {
    switch (hint.do) {
      case 'enter':
        return person.queue(() => this.arrival.enter(person, hint.roomId, hint.my));
      case 'membership':
        return person.queue(() => this.sayMembership(person, hint.roomId, hint.my));
      case 'me':
        return person.queue(() => this.sayMe(person, hint.my));
    }
  }

  private async sayMembership(person: LivePerson, roomId: string, my: number | null): Promise<void> {
    const membership = await this.queries.membership(person.userId, roomId);
    if (!membership) return;
    person.say({ event: 'membership:updated', my, body: JsonText.of({ roomId, membership, ...(my !== null && { my }) }) });
  }

  private async sayMe(person: LivePerson, my: number): Promise<void> {
    const me = meViewOf(await this.users.require(person.userId), my);
    person.say({ event: 'me:updated', my, body: JsonText.of({ me, my }) });
  }
}
