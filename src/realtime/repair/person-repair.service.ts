import { Injectable } from '@nestjs/common';
import { UsersService } from '../../users/users.service.js';
import { meViewOf } from '../../users/user.view.js';
import { Arrival } from './arrival.service.js';
import { ArrivalQueries } from './arrival.queries.js';
import { JsonText } from '../json-text.js';
import { LivePeople, type LivePerson } from '../fanout/live-people.service.js';
import { NodeBus } from '../node-bus.service.js';
import { RepairQueries } from './repair.queries.js';

const AT_ONCE = 1_000;
const GRACE_MS = 250;

/**
 * The same for what concerns a person alone: who is further than their sockets were told gets the rooms that they miss, and by a number with
 * a hole before it learns that there is more to reload.
 */
@Injectable()
export class PersonRepair {
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
    const all = this.people.all();
    const behind = new Map<LivePerson, number>();
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const some = new Map(all.slice(at, at + AT_ONCE).map((person) => [person.userId, person]));
      for (const { userId, my } of await this.queries.personalHeads([...some.keys()])) {
        const person = some.get(userId);
        if (person && isGreeted(person) && my > person.my) behind.set(person, my);
      }
    }
    if (behind.size === 0) return;
    // What others are just saying is not missing yet.
    setTimeout(() => {
      for (const [person, my] of behind) void person.queue(() => this.repair(person, my));
    }, GRACE_MS).unref();
  }

  private async repair(person: LivePerson, my: number): Promise<void> {
    if (my <= person.my) return;
    const own = await this.seats.seats(person.userId);
    for (const { roomId } of own) {
      const missing = [...person.connections].some((connection) => !connection.seats.has(roomId));
      if (missing) await this.arrival.enter(person, roomId, my);
    }
    const me = meViewOf(await this.users.require(person.userId), my);
    person.say({ event: 'me:updated', my, body: JsonText.of({ me, my }) });
  }
}

const isGreeted = ({ connections }: LivePerson): boolean => [...connections].some((connection) => connection.ready);
