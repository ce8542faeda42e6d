import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Turns } from '../../common/turns.js';
import { UsersService } from '../../users/users.service.js';
import { meViewOf } from '../../users/user.view.js';
import { Arrival } from './arrival.service.js';
import { ArrivalQueries } from './arrival.queries.js';
import { JsonText } from '../json-text.js';
import { LivePeople, type LivePerson } from '../fanout/live-people.service.js';
import { NodeBus } from '../node-bus.service.js';
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
export class PersonRepair {
  private readonly inRepair = new Set<LivePerson>();
  private readonly turns = new Turns(REPAIRS);

  constructor(
    private readonly people: LivePeople,
    private readonly queries: RepairQueries,
    private readonly seats: ArrivalQueries,
    private readonly arrival: Arrival,
    private readonly users: UsersService,
    private readonly bus: NodeBus,
  ) {}

  whenBusIsBack(handler: () => void): void {
    this.bus.onBack(handler);
  }

  async look(): Promise<void> {
    const behind = new Map<LivePerson, number>();
    for (const people of chunks(this.people.all(), AT_ONCE)) {
      const some = new Map(people.map((person) => [person.userId, person]));
      for (const { userId, my } of await this.queries.personalHeads([...some.keys()])) {
        const person = some.get(userId);
        if (person && isGreeted(person) && misses(person, my)) behind.set(person, my);
      }
    }
    if (behind.size === 0) return;
    // What others are just saying is not missing yet.
    setTimeout(() => {
      for (const [person, my] of behind) void this.soon(person, my);
    }, GRACE_MS).unref();
  }

  private async soon(person: LivePerson, head: number): Promise<void> {
    if (this.inRepair.has(person)) return;
    this.inRepair.add(person);
    await this.turns.run(() => person.queue(() => this.repair(person, head)));
    this.inRepair.delete(person);
  }

  private async repair(person: LivePerson, head: number): Promise<void> {
    if (!misses(person, head)) return;
    // Until all is done, it is a hole: where something fails, the next look begins anew.
    person.passOver(head);
    const { holes } = person;
    for (const { roomId } of await this.seats.seats(person.userId)) {
      // A socket that arrives takes its seats itself.
      const missing = [...person.connections].some(({ ready, seats }) => ready && !seats.has(roomId));
      if (missing) await this.arrival.enter(person, roomId, head);
    }
    const user = await this.users.require(person.userId);
    person.holes -= holes;
    const { my } = person;
    person.say({ event: 'me:updated', my, body: JsonText.of({ me: meViewOf(user, my), my }) });
  }
}

const misses = (person: LivePerson, my: number): boolean => my > person.my || person.holes > 0;

const isGreeted = ({ connections }: LivePerson): boolean => [...connections].some((connection) => connection.ready);
