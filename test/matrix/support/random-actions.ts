import fc from 'fast-check';
import type { AllowedAction, Doing, RoleState } from './grants.js';
import { setOf } from './grants.js';
import { holds, type Permission, PERMISSIONS, PRESETS, type Role, type TestRole } from './permissions.js';

// What people may try in a room: drawn at random, and made into a call by what the room is like at that moment.

export const NAMES = ['ana', 'bob', 'cid', 'dan', 'eve'] as const;
export type Name = (typeof NAMES)[number];

/** A set near to one that a member holds: one drawn from all sets would always be refused. */
export interface Wish {
  readonly near: 'theirs' | 'mine' | 'member' | 'admin' | 'nothing' | 'everything';
  readonly flip: readonly Permission[];
}

/** Something to try; `null` leaves a field out. */
export interface RandomAction {
  readonly does: Doing;
  readonly by: Name;
  readonly to: Name;
  readonly also: Name | null;
  readonly role: Role | null;
  readonly wish: Wish | null;
  readonly silence: 'begin' | 'end' | null;
  /** Which of the invites that there are. */
  readonly which: number;
}

/** How a room begins: all members but ana, who owns it. */
export interface Start {
  readonly type: 'group' | 'channel' | 'team';
  readonly isPublic: boolean;
  readonly members: Readonly<Partial<Record<Name, TestRole | null>>>;
}

const name = fc.constantFrom(...NAMES);
const maybe = <T>(arbitrary: fc.Arbitrary<T>, absent = 1, present = 1): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: absent, arbitrary: fc.constant(null) }, { weight: present, arbitrary });
const some = (maxLength: number): fc.Arbitrary<Permission[]> => fc.subarray([...PERMISSIONS], { maxLength });

const wish: fc.Arbitrary<Wish> = fc.record({
  near: fc.constantFrom<Wish['near']>('theirs', 'theirs', 'mine', 'member', 'admin', 'nothing', 'everything'),
  flip: fc.oneof(some(2), fc.constant<Permission[]>(['can_manage_roles'])),
});

const WEIGHTS: Record<Doing, number> = {
  ...{ add: 5, change: 9, remove: 2, ban: 2, unban: 3, leave: 2, join: 3 },
  ...{ invite: 3, use: 3, revoke: 2, handOver: 3, deactivate: 2, activate: 2 },
};

export const action: fc.Arbitrary<RandomAction> = fc.record({
  does: fc.oneof(...Object.entries(WEIGHTS).map(([does, weight]) => ({ weight, arbitrary: fc.constant(does as Doing) }))),
  by: name,
  to: name,
  also: maybe(name, 4),
  role: maybe(fc.constantFrom<Role>('member', 'admin', 'member', 'admin', 'owner'), 2),
  wish: maybe(wish),
  silence: maybe(fc.constantFrom<'begin' | 'end'>('begin', 'end'), 5),
  which: fc.nat({ max: 9 }),
});

const member: fc.Arbitrary<TestRole> = fc.record({
  role: fc.constantFrom<Role>('member', 'admin'),
  allow: fc.oneof(
    { weight: 1, arbitrary: some(3) },
    { weight: 2, arbitrary: some(2).map((all) => [...new Set<Permission>([...all, 'can_manage_roles'])]) },
  ),
  deny: maybe(some(3)).map((all) => all ?? []),
});

export const start: fc.Arbitrary<Start> = fc.record({
  type: fc.constantFrom<Start['type']>('group', 'channel', 'team'),
  isPublic: fc.boolean(),
  members: fc.record({ bob: maybe(member, 1, 5), cid: maybe(member, 1, 3), dan: maybe(member), eve: fc.constant(null) }),
});

const plain = (does: Doing, by: Name, to: Name, more: Partial<RandomAction> = {}): RandomAction => ({
  ...{ does, by, to, also: null, role: null, wish: null, silence: null, which: 3, ...more },
});

/** An hour in which a permitted member tries everything. */
export const GOOD_HOUR: [Start, RandomAction[]] = [
  {
    type: 'group',
    isPublic: true,
    members: {
      bob: { role: 'admin', allow: ['can_manage_roles'], deny: [] },
      cid: { role: 'member', allow: [], deny: ['can_attach_media'] },
    },
  },
  [
    plain('add', 'ana', 'dan', { role: 'admin', also: 'eve' }),
    plain('change', 'bob', 'cid', { wish: { near: 'theirs', flip: ['can_manage_roles', 'can_attach_media'] }, silence: 'begin' }),
    plain('ban', 'ana', 'dan'),
    plain('unban', 'bob', 'dan'),
    plain('invite', 'cid', 'cid'),
    plain('use', 'dan', 'dan'),
    plain('revoke', 'cid', 'cid'),
    plain('leave', 'dan', 'dan'),
    plain('join', 'dan', 'dan'),
    plain('handOver', 'ana', 'bob'),
    plain('deactivate', 'ana', 'bob'),
    plain('activate', 'ana', 'bob'),
    plain('remove', 'bob', 'cid'),
  ],
];

const everything: Wish = { near: 'everything', flip: [] };

/** An hour in which one who may give a little reaches for all that they may not. */
export const BAD_HOUR: [Start, RandomAction[]] = [
  {
    type: 'channel',
    isPublic: true,
    members: {
      bob: { role: 'admin', allow: ['can_manage_roles'], deny: ['can_ban_users'] },
      cid: { role: 'member', allow: [], deny: [] },
      dan: { role: 'admin', allow: [], deny: [] },
    },
  },
  [
    plain('change', 'bob', 'cid', { wish: everything }),
    plain('change', 'bob', 'cid', { wish: { near: 'theirs', flip: ['can_ban_users'] } }),
    plain('change', 'bob', 'cid', { role: 'admin' }),
    plain('change', 'bob', 'cid', { role: 'member', wish: everything }),
    plain('change', 'bob', 'bob', { wish: everything }),
    plain('change', 'bob', 'dan', { role: 'member' }),
    plain('change', 'dan', 'cid', { wish: { near: 'theirs', flip: ['can_create_messages'] } }),
    plain('change', 'bob', 'ana', { silence: 'begin' }),
    plain('add', 'bob', 'eve', { wish: everything }),
    plain('add', 'bob', 'eve', { role: 'admin' }),
    plain('add', 'cid', 'eve', { wish: { near: 'member', flip: ['can_create_messages'] } }),
    plain('invite', 'bob', 'bob', { which: 1, role: 'admin' }),
    plain('invite', 'cid', 'cid'),
    plain('handOver', 'bob', 'bob'),
    plain('remove', 'bob', 'dan'),
    plain('ban', 'dan', 'ana'),
    plain('unban', 'bob', 'eve'),
  ],
];

/** An hour in which at times nobody in the room is live. */
export const LONELY_HOUR: [Start, RandomAction[]] = [
  { type: 'team', isPublic: true, members: { bob: { role: 'member', allow: [], deny: [] } } },
  [
    plain('deactivate', 'ana', 'ana'),
    plain('deactivate', 'ana', 'bob'),
    plain('activate', 'ana', 'ana'),
    plain('remove', 'ana', 'bob'),
    plain('deactivate', 'ana', 'ana'),
    plain('join', 'eve', 'eve'),
    plain('activate', 'ana', 'ana'),
  ],
];

/** A call over HTTP, and what it will have been if it is allowed. */
export interface Request {
  readonly by: Name | 'platform';
  readonly to: Name;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly act: AllowedAction;
}

export interface Invite {
  readonly id: string;
  readonly code: string;
  /** Who made it. */
  readonly maker: Name;
}

/** The people's ids, the room's, and the invites that were made in it. */
export interface Room {
  readonly id: string;
  readonly ids: Readonly<Record<Name, string>>;
  readonly invites: readonly Invite[];
}

export function requestOf(drawn: RandomAction, room: Room, picture: RoleState): Request {
  const { also, silence: change, which } = drawn;
  const [does, by, to] = meant(drawn, room, picture);
  const at = `/rooms/${room.id}`;
  const [self, them] = [room.ids[by], room.ids[to]];
  const invite = room.invites[which % Math.max(room.invites.length, 1)] ?? { id: self, code: 'none-such-invite', maker: by };
  const ask = (method: string, path: string, body?: object, act: Partial<AllowedAction> = {}): Request => ({
    ...{ by, to, method, path, ...(body && { body }) },
    act: { does, by, to: [to], ...((does === 'add' || does === 'change') && grant.permissions && { wish: grant.permissions }), ...act },
  });
  const grant = granted({ ...drawn, by, to }, picture);
  const requests: Record<Doing, () => Request> = {
    add: () =>
      also && also !== to
        ? ask('POST', `${at}/users`, { userIds: [them, room.ids[also]], ...grant }, { to: [to, also] })
        : ask('POST', `${at}/users`, { userId: them, ...grant }),
    change: () => {
      const silence = change && { silencedUntil: change === 'begin' ? new Date(Date.now() + 3_600_000).toISOString() : null };
      const act = { regrants: 'role' in grant || 'permissions' in grant, silences: Boolean(silence) };
      return ask('PATCH', `${at}/users/${them}`, { ...grant, ...silence }, act);
    },
    remove: () => ask('DELETE', `${at}/users/${them}`),
    ban: () => ask('PUT', `${at}/bans/${them}`, {}),
    unban: () => ask('DELETE', `${at}/bans/${them}`),
    leave: () => ask('POST', `${at}/leave`, undefined, { to: [by] }),
    join: () => ask('POST', `${at}/join`, undefined, { to: [by] }),
    // What an invite gives cannot be asked for.
    invite: () => {
      const body = which > 2 ? {} : grant;
      return ask('POST', `${at}/invites`, body, { to: [], regrants: Object.keys(body).length > 0 });
    },
    use: () => ask('POST', `/invites/${invite.code}/join`, undefined, { to: [by], inviter: invite.maker }),
    revoke: () => ask('DELETE', `${at}/invites/${invite.id}`, undefined, { to: [] }),
    handOver: () => ask('PUT', `${at}/owner`, { userId: them }),
    deactivate: () => ({ ...ask('POST', `/users/${them}/deactivate`, undefined, { by: null }), by: 'platform' }),
    activate: () => ({ ...ask('POST', `/users/${them}/activate`, undefined, { by: null }), by: 'platform' }),
  };
  return requests[does]();
}

/** What is tried, by whom, to whom: every other time something for which there is a reason, if there is one. */
function meant(
  { does, by, to, which }: RandomAction,
  { invites }: Room,
  { type, members, banned, inactive }: RoleState,
): [Doing, Name, Name] {
  if (which % 2) return [does, by, to];
  const first = (is: (one: Name) => boolean): Name | undefined => NAMES.find(is);
  const owner = first((one) => members[one]?.role === 'owner');
  const [kept, deactivates] = [first((one) => banned.includes(one)), first((one) => inactive.includes(one))];
  if (does === 'change' || does === 'add') {
    // Who may give something, but not everything.
    const manager = first((one) => members[one]?.role === 'admin' && holds(type, members[one], 'can_manage_roles')) ?? by;
    return [does, manager, first((one) => (does === 'add' ? !members[one] : members[one]?.role === 'member')) ?? to];
  }
  if (does === 'unban') return kept ? [does, owner ?? by, kept] : ['ban', owner ?? by, to];
  if ((does === 'use' || does === 'revoke') && invites.length === 0) return ['invite', by, to];
  if (does === 'join' || does === 'use') return [does, first((one) => !members[one]) ?? by, to];
  if (does === 'revoke') return [does, invites[which % invites.length]!.maker, to];
  if (does === 'deactivate') return [does, by, owner ?? to];
  if (does === 'activate') return deactivates ? [does, by, deactivates] : ['deactivate', by, to];
  return [does, by, to];
}

/** The role and the set that an action asks for. */
function granted({ by, to, role, wish: set }: RandomAction, { type, members }: RoleState): { role?: Role; permissions?: Permission[] } {
  const hold = (who: Name): readonly Permission[] => (members[who] ? setOf(type, members[who]) : PRESETS[type].member);
  const sets: Record<Wish['near'], () => readonly Permission[]> = {
    theirs: () => hold(to),
    mine: () => hold(by),
    member: () => PRESETS[type].member,
    admin: () => PRESETS[type].admin,
    nothing: () => [],
    everything: () => PERMISSIONS,
  };
  const near = set && sets[set.near]();
  return {
    ...(role && { role }),
    ...(set && near && { permissions: PERMISSIONS.filter((one) => near.includes(one) !== set.flip.includes(one)) }),
  };
}
