import { type Permission, PERMISSIONS, PRESETS, type Role, type RoomType, type TestRole } from './permissions.js';

/** Where something is tried. */
export interface Variant {
  readonly type: RoomType;
  readonly isPublic: boolean;
}

export const VARIANTS: readonly Variant[] = [
  { type: 'private_messages', isPublic: false },
  ...(['group', 'channel', 'team'] as const).flatMap((type) => [false, true].map((isPublic) => ({ type, isPublic }))),
];

export const variantName = ({ type, isPublic }: Variant): string =>
  `${isPublic ? 'a public' : 'a'} ${type === 'private_messages' ? 'private room' : type}`;

/** The accounts that make the calls. A member with an ordinary account is `ann`. */
export const ACCOUNTS = ['ann', 'outsider', 'removed', 'banned', 'blocked', 'blocking', 'inactive', 'platform'] as const;
export type Account = (typeof ACCOUNTS)[number] | 'nobody';

/** A user who tries a row. */
export interface Actor {
  readonly name: string;
  readonly account: Account;
  /** Null: not in the room. */
  readonly member: TestRole | null;
  /** What keeps them out of the room. */
  readonly gone?: 'removed' | 'banned';
  readonly silenced?: true;
  /** Tries only what needs exactly these permissions: they suffice. */
  readonly holdsOnly?: readonly Permission[];
  /** Tries only what needs this permission, among others: it is necessary. */
  readonly lacks?: Permission;
}

/** Each actor tries each row in each kind of room, also where another actor would find the same. */
export const FULL = process.env.MATRIX === 'full';

/** The sets of permissions that a row needs. */
export const NEEDED: readonly (readonly Permission[])[] = [
  ...PERMISSIONS.map((permission) => [permission]),
  ['can_create_messages', 'can_attach_media'],
  ['can_create_messages', 'can_mention_all'],
  ['can_add_users', 'can_manage_roles'],
  ['can_add_users', 'can_manage_roles', 'can_edit_messages'],
];

const member = (role: Role, allow: readonly Permission[] = [], deny: readonly Permission[] = []): TestRole => ({ role, allow, deny });
const but = (...permissions: readonly Permission[]): Permission[] => PERMISSIONS.filter((one) => !permissions.includes(one));

const OUTSIDERS: readonly Actor[] = [
  { name: 'nobody', account: 'nobody', member: null },
  { name: 'an outsider', account: 'outsider', member: null },
  { name: 'a removed member', account: 'removed', member: null, gone: 'removed' },
  { name: 'a banned user', account: 'banned', member: null, gone: 'banned' },
  { name: 'an outsider whom all in it have blocked', account: 'blocked', member: null },
  { name: 'a platform admin', account: 'platform', member: null },
];

const MEMBERS: readonly Actor[] = [
  { name: 'a member', account: 'ann', member: member('member') },
  { name: 'a member with no permission', account: 'ann', member: member('member', [], PERMISSIONS) },
  { name: 'a silenced member', account: 'ann', member: member('member'), silenced: true },
  { name: 'a member whom all others have blocked', account: 'blocked', member: member('member') },
  { name: 'a member who has blocked all others', account: 'blocking', member: member('member') },
  { name: 'a member with an inactive account', account: 'inactive', member: member('member') },
  { name: 'a member who is a platform admin', account: 'platform', member: member('member') },
];

const RANKED: readonly Actor[] = [
  { name: 'an admin', account: 'ann', member: member('admin') },
  { name: 'a silenced admin', account: 'ann', member: member('admin'), silenced: true },
  { name: 'the owner', account: 'ann', member: member('owner') },
  // What asks for a permission must not look at the rank, nor the other way round.
  { name: 'a member with every permission', account: 'ann', member: member('member', PERMISSIONS) },
  { name: 'an admin with no permission', account: 'ann', member: member('admin', [], PERMISSIONS) },
];

const withOnly = (role: Role): Actor[] =>
  NEEDED.map((holdsOnly) => ({
    name: `${role === 'admin' ? 'an admin' : 'a member'} with nothing but ${holdsOnly.join(' and ')}`,
    account: 'ann',
    member: member(role, holdsOnly, but(...holdsOnly)),
    holdsOnly,
  }));

const withAllBut = (role: Role): Actor[] =>
  PERMISSIONS.map((lacks) => ({
    name: `${role === 'admin' ? 'an admin' : 'a member'} with everything but ${lacks}`,
    account: 'ann',
    member: member(role, but(lacks), [lacks]),
    lacks,
  }));

const PAIR = PRESETS.private_messages.member;
/** In a private room there is no rank, and nothing can be added to what the preset gives. */
const IN_PRIVATE: readonly Actor[] = [
  ...withOnly('member')
    .filter(({ holdsOnly }) => holdsOnly!.every((one) => PAIR.includes(one)))
    .map((actor) => ({ ...actor, member: { ...actor.member!, allow: [] } })),
  ...PAIR.map((lacks): Actor => ({ name: `a member without ${lacks}`, account: 'ann', member: member('member', [], [lacks]), lacks })),
];

/**
 * Those with a permission too many or too few. A group, which is not public, has them all; to a channel and a team, whose presets differ, come those
 * who lack one; whether a room is public makes no difference to its members.
 */
function single({ type, isPublic }: Variant): Actor[] {
  if (FULL || (type === 'group' && !isPublic))
    return (['member', 'admin'] as const).flatMap((role) => [...withAllBut(role), ...withOnly(role)]);
  return isPublic ? [] : withAllBut('member');
}

/** All who try something in such a room. */
export const actorsIn = (variant: Variant): readonly Actor[] => [
  ...OUTSIDERS,
  ...MEMBERS,
  ...(variant.type === 'private_messages' ? IN_PRIVATE : [...RANKED, ...single(variant)]),
];
