import { limitOf } from '../support/properties.js';
import type { Json } from '../support/test-socket.js';
import type { Person, World } from '../support/world.js';
import { KINDS, type Kind, Ref } from './values.js';

const MOST_KEPT = 200;

/** A busy machine tries fewer things in its time: whether that is over. */
export function deadline(): () => boolean {
  const end = performance.now() + limitOf(15_000);
  return () => performance.now() > end;
}

/**
 * Three rooms that cannot be lost, as their owner takes no part; people who do whatever the fuzzer has them do, one of them a platform admin;
 * and the ids of all that there is.
 */
export class FuzzFixture {
  readonly ids = Object.fromEntries(KINDS.map((kind) => [kind, [] as string[]])) as Record<Kind, string[]>;
  people: Person[] = [];

  private constructor(
    readonly world: World,
    readonly keeper: Person,
    readonly rooms: readonly Json[],
  ) {}

  static async set(world: World): Promise<FuzzFixture> {
    const { keeper } = await world.people('keeper');
    const rooms = await Promise.all((['group', 'channel', 'team'] as const).map((type) => keeper.opens(type, `a ${type}`)));
    const stage = new FuzzFixture(world, keeper, rooms);
    for (const room of rooms) stage.note('room', room.id);
    await stage.heal();
    return stage;
  }

  /** Replaces deleted users, and makes every user a member. */
  async heal(): Promise<void> {
    for (let place = 0; place < 5; place++) {
      const there = this.people[place];
      if (!there || (await there.call('GET', '/users/me')).status !== 200) this.people[place] = await this.newMember();
    }
    await Promise.all(this.people.map((person) => this.member(person)));
  }

  note(kind: Kind, id: unknown): void {
    if (typeof id !== 'string') return;
    const known = this.ids[kind];
    if (known.length >= MOST_KEPT) known.splice(Math.floor(known.length / 2), 1);
    known.push(id);
  }

  /** Returns the value with ids in place of its references. */
  resolve(value: unknown): unknown {
    if (value instanceof Ref) return this.at(value);
    if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [this.resolve(key), this.resolve(item)]));
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]));
  }

  at({ kind, n }: Ref): string {
    const known = this.ids[kind];
    // The rooms that stay come first: half of all tries are about them.
    if (kind === 'room' && n % 2) return this.rooms[n % this.rooms.length].id;
    return known[n % Math.max(known.length, 1)] ?? '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
  }

  private async newMember(): Promise<Person> {
    const person = await this.world.person('actor');
    // Open privacy lets the actors do more with each other.
    await person.patches('/users/me', { privacy: { directMessages: 'everyone', groupInvites: 'everyone' } });
    this.note('user', person.id);
    return person;
  }

  private async member(person: Person): Promise<void> {
    for (const room of this.rooms) {
      const place = `/rooms/${room.id}`;
      const { status } = await this.keeper.call('GET', `${place}/users/${person.id}`);
      if (status === 200) continue;
      await this.keeper.call('DELETE', `${place}/bans/${person.id}`);
      await this.keeper.call('DELETE', `/users/me/blocks/${person.id}`);
      await this.keeper.call('POST', `${place}/users`, { userId: person.id, role: 'admin' });
    }
  }
}

/** Whatever was accepted must be listed, found, synced and exported: one message that cannot be would stop the whole room. */
export async function nothingIsPoisoned({ keeper, rooms, people }: FuzzFixture): Promise<number> {
  const socket = await keeper.connects();
  let count = 0;
  for (const room of rooms) {
    const messages: Json[] = [];
    for (let page: Json = { hasNewer: true }; page.hasNewer;) {
      page = await keeper.page(room, `?after=${messages.length}&limit=100`);
      messages.push(...page.items);
    }
    const { lastSeq, rev } = await keeper.gets(`/rooms/${room.id}`);
    if (messages.some(({ seq }, index) => seq !== index + 1) || messages.length !== lastSeq) throw new Error('the history has a hole');
    await synced(keeper, room, lastSeq, rev);
    const { rooms: received } = await socket.emits('sync', {
      rooms: { [room.id]: { seq: Math.max(room.lastSeq, lastSeq - 20), rev: Math.max(room.rev, rev - 20) } },
    });
    if (!received?.[room.id]) throw new Error(`sync does not answer: ${JSON.stringify(received)}`);
    await found(keeper, messages);
    await keeper.gets(`/rooms/${room.id}/users?limit=100`);
    await keeper.gets(`/rooms/${room.id}/pins`);
    await keeper.gets(`/rooms/${room.id}/audit`);
    await keeper.gets(`/rooms/${room.id}/reports`);
    count += messages.length;
  }
  for (const person of [keeper, ...people]) {
    const lines: string[] = (await person.gets('/users/me/export')).trim().split('\n');
    if (JSON.parse(lines.at(-1)!).type !== 'end') throw new Error(`the export of ${person.username} is not whole`);
    for (const line of lines) JSON.parse(line);
    for (const list of ['/rooms', '/rooms/public', '/friends', '/friend-requests', '/mentions', '/reactions', '/users?query=a'])
      await person.gets(list);
  }
  socket.close();
  return count;
}

/** Pages through everything that the log still has. */
async function synced(keeper: Person, room: Json, lastSeq: number, lastRev: number): Promise<void> {
  // A cursor from before one's own membership, or too far behind, is answered with a reset.
  let [seq, rev] = [Math.max(room.lastSeq, lastSeq - 400), Math.max(room.rev, lastRev - 400)];
  for (let more = true; more;) {
    const answer = await keeper.gets(`/rooms/${room.id}/changes?seq=${seq}&rev=${rev}&limit=100`);
    ({ seq, rev } = answer);
    more = answer.hasMore;
    if (answer.reset) throw new Error('a log that short needs no reset');
  }
}

/** Every text that was taken is a query that answers. */
async function found(keeper: Person, messages: readonly Json[]): Promise<void> {
  const texts = messages
    .filter(({ text, type }) => text && type !== 'system')
    .map(({ text }) => [...(text as string)].slice(0, 200).join(''));
  for (const text of new Set(texts)) {
    const { status, body } = await keeper.call('GET', `/messages/search?query=${encodeURIComponent(text)}&limit=1`);
    if (status !== 200 && body.code !== 'empty_query') throw new Error(`the search for ${JSON.stringify(text)} answers ${status}`);
  }
}
