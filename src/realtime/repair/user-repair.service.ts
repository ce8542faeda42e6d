import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Semaphore } from '../../common/semaphore.js';
import { UsersService } from '../../users/users.service.js';
import { meViewOf } from '../../users/user.view.js';
import { SocketSetup } from '../hub/socket-setup.service.js';
import { SocketSetupQueries } from '../hub/socket-setup.queries.js';
import { JsonText } from '../adapter/json-text.js';
import { UserHub, type UserConnections } from '../hub/user-hub.service.js';
import { RepairQueries } from './repair.queries.js';

const AT_ONCE = 1_000;
/** People who are repaired together: a part of the connections that sends need, too. */
const REPAIRS = 2;
const GRACE_MS = 250;

/**
 * The same for what concerns a person alone: who is further than their sockets were told, or was told with a hole, gets the rooms that they
 * miss, and by a number learns that there is more to reload.
 */
@Injectable()
export class UserRepair {
  private readonly inRepair = new Set<UserConnections>();
  private readonly turns = new Semaphore(REPAIRS);

  constructor(
    private readonly userHub: UserHub,
    private readonly queries: RepairQueries,
    private readonly seats: SocketSetupQueries,
    private readonly setup: SocketSetup,
    private readonly users: UsersService,
  ) {}

  async look(): Promise<void> {
    const behind = new Map<UserConnections, number>();
    for (const people of chunks(this.userHub.all(), AT_ONCE)) {
      const some = new Map(people.map((user) => [user.userId, user]));
      for (const { userId, my } of await this.queries.personalHeads([...some.keys()])) {
        const person = some.get(userId);
        if (person && isGreeted(person) && misses(person, my)) behind.set(person, my);
      }
    }
    if (behind.size === 0) return;
    // What others are just saying is not missing yet.
    setTimeout(() => {
      for (const [user, my] of behind) void this.soon(user, my);
    }, GRACE_MS).unref();
  }

  private async soon(user: UserConnections, head: number): Promise<void> {
    if (this.inRepair.has(user)) return;
    this.inRepair.add(user);
    await this.turns.run(() => user.queue(() => this.repair(user, head)));
    this.inRepair.delete(user);
  }

  private async repair(person: UserConnections, head: number): Promise<void> {
    if (!misses(person, head)) return;
    // Until all is done, it is a hole: where something fails, the next look begins anew.
    person.skipTo(head);
    const { holes } = person;
    for (const { roomId } of await this.seats.subscribableRooms(person.userId)) {
      // A socket that arrives takes its seats itself.
      const missing = [...person.connections].some(({ ready, roomIds }) => ready && !roomIds.has(roomId));
      if (missing) await this.setup.subscribeUser(person, roomId, head);
    }
    const user = await this.users.requireActiveUser(person.userId);
    person.holes -= holes;
    const { my } = person;
    person.deliver({ event: 'me:updated', my, body: JsonText.of({ me: meViewOf(user, my), my }) });
  }
}

const misses = (user: UserConnections, my: number): boolean => my > user.my || user.holes > 0;

const isGreeted = ({ connections }: UserConnections): boolean => [...connections].some((connection) => connection.ready);
