import type { TestSocket, ReceivedEvent } from '../../support/test-socket.js';
import type { Person, World } from '../../support/world.js';

type Json = any;

/** What the user concerned has done against the caller. */
export type PairRelation = 'free' | 'blocked' | 'nobody' | 'blocking';

const EVERYONE = {
  friendRequests: 'everyone',
  directMessages: 'everyone',
  groupInvites: 'everyone',
  presence: 'everyone',
  readReceipts: true,
};
const NOBODY = { friendRequests: 'nobody', directMessages: 'nobody', groupInvites: 'nobody', presence: 'nobody', readReceipts: false };

/** Two former friends who share rooms of every kind, and a third member of these rooms. */
export class PairFixture {
  private constructor(
    readonly state: PairRelation,
    /** The caller, the user concerned, and a bystander. */
    readonly me: Person,
    readonly other: Person,
    readonly third: Person,
    readonly sockets: Record<'me' | 'other' | 'third', TestSocket>,
    /** By what they are called here; those that are made later are added. */
    readonly ids: Record<string, string>,
  ) {}

  /** Two like any other two: what differs is what is done later. */
  static async meet(world: World, state: PairRelation): Promise<PairFixture> {
    const [me, other, third] = [await world.person('me'), await world.person('other'), await world.person('third')];
    for (const person of [me, other, third]) await person.patches('/users/me', { privacy: EVERYONE });
    await me.befriends(other);
    const opens = async (by: Person, type: string, ...people: Person[]): Promise<string> =>
      (await by.posts('/rooms', { type, ...(type !== 'private_messages' && { name: type }), userIds: people.map(({ id }) => id) })).id;
    const ids: Record<string, string> = {
      old: await opens(me, 'private_messages', other),
      group: await opens(third, 'group', me, other),
      team: await opens(third, 'team', me, other),
      newTeam: await opens(third, 'team', me, other),
    };
    for (const type of ['group', 'channel', 'team']) ids[`my ${type}`] = await opens(me, type);
    const inTeam = { type: 'private_messages', userIds: [other.id], teamId: ids.team };
    ids.inTeam = (await me.posts('/rooms', inTeam)).id;
    for (const room of ['old', 'inTeam', 'group'] as const) {
      ids[`mine in ${room}`] = (await me.sends({ id: ids[room]! }, 'mine')).id;
      ids[`theirs in ${room}`] = (await other.sends({ id: ids[room]! }, 'theirs')).id;
    }
    await me.puts(`/rooms/${ids.old}/users/me/read`, { seq: 100 });
    const sockets = { me: await me.connects(), other: await other.connects(), third: await third.connects() };
    for (const socket of [sockets.me, sockets.third]) await socket.emits('presence:watch', { userIds: [other.id] });
    return new PairFixture(state, me, other, third, sockets, ids);
  }

  /** Does what makes the two what they are to each other now. */
  async part(): Promise<ReceivedEvent[]> {
    const { state, me, other } = this;
    const [doer, done] = state === 'blocking' ? [me, other] : [other, me];
    const from = this.sockets.me.received.length;
    if (state === 'blocked' || state === 'blocking') await doer.puts(`/users/me/blocks/${done.id}`);
    else await doer.deletes(`/friends/${done.id}`);
    if (state === 'nobody') await other.patches('/users/me', { privacy: NOBODY });
    await this.sockets.me.receives('friend:removed');
    if (state !== 'free') await this.sockets.me.receives('presence', ({ online }) => !online);
    return this.since(from);
  }

  /** Takes it back. */
  async reconcile(): Promise<ReceivedEvent[]> {
    const { state, me, other } = this;
    const from = this.sockets.me.received.length;
    if (state === 'blocked') await other.deletes(`/users/me/blocks/${me.id}`);
    if (state === 'nobody') await other.patches('/users/me', { privacy: EVERYONE });
    await this.sockets.me.receives('presence', ({ online }) => online);
    return this.since(from);
  }

  /** Returns the events received since, after everything sent before has arrived. */
  async since(from: number): Promise<ReceivedEvent[]> {
    await this.sockets.me.flushes();
    return this.sockets.me.received.slice(from);
  }

  room(name: string): { id: string } {
    return { id: this.ids[name]! };
  }

  /** A payload without what must differ between two pairs. */
  plain(payload: unknown): Json {
    return plainOf({ me: this.me, other: this.other, third: this.third }, this.ids, payload);
  }
}

/** A payload without what must differ between any users: names, ids, times. */
export function plainOf(people: Record<string, Person>, ids: Record<string, string>, payload: unknown): Json {
  const known = [
    ...Object.entries(ids).map(([name, id]) => [id, `<${name}>`] as const),
    ...Object.entries(people).flatMap(([name, { id, username }]) => [[id, `<${name}>`] as const, [username, `<name of ${name}>`] as const]),
  ];
  const text = known.reduce((left, [word, name]) => left.replaceAll(word, name), JSON.stringify(payload));
  return JSON.parse(
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replace(/"code":"[\w-]{22}"/g, '"code":"<code>"'),
  );
}
