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

/** The accounts by which the calls are made. Who sits in the room with an account that is like any other sits there as `ann`. */
export const ACCOUNTS = ['ann', 'outsider', 'removed', 'banned', 'blocked', 'blocking', 'rested', 'platform'] as const;
export type Account = (typeof ACCOUNTS)[number] | 'nobody';

/** Somebody who tries what a row says. */
export interface Actor {
  readonly name: string;
  readonly account: Account;
  /** Null: not in the room. */
  readonly member: TestRole | null;
  /** What keeps them out of the room. */
  readonly gone?: 'removed' | 'banned';
  readonly silenced?: true;
  /** Tries only what asks for this permission. */
  readonly only?: Permission;
  /** Tries what asks for this permission, and all that asks for a rank. */
  readonly lacks?: Permission;
}

const member = (role: Role, allow: readonly Permission[] = [], deny: readonly Permission[] = []): TestRole => ({ role, allow, deny });
const but = (permission: Permission): Permission[] => PERMISSIONS.filter((one) => one !== permission);

const OUTSIDERS: readonly Actor[] = [
  { name: 'nobody', account: 'nobody', member: null },
  { name: 'an outsider', account: 'outsider', member: null },
  { name: 'somebody removed', account: 'removed', member: null, gone: 'removed' },
  { name: 'somebody banned', account: 'banned', member: null, gone: 'banned' },
  { name: 'an outsider whom all in it have blocked', account: 'blocked', member: null },
  { name: 'a platform admin', account: 'platform', member: null },
];

const MEMBERS: readonly Actor[] = [
  { name: 'a member', account: 'ann', member: member('member') },
  { name: 'a member with no permission', account: 'ann', member: member('member', [], PERMISSIONS) },
  { name: 'a silenced member', account: 'ann', member: member('member'), silenced: true },
  { name: 'a member whom all others have blocked', account: 'blocked', member: member('member') },
  { name: 'a member who has blocked all others', account: 'blocking', member: member('member') },
  { name: 'a member whose account rests', account: 'rested', member: member('member') },
  { name: 'a member who is a platform admin', account: 'platform', member: member('member') },
];

/** Who lacks what the preset does not give is a plain member. */
const lessOne = (type: RoomType): Actor[] =>
  PRESETS[type].member.map((one) => ({ name: `a member without ${one}`, account: 'ann', member: member('member', [], [one]) }));

/** In a private room there is no rank, and nothing can be added to what the two hold. */
const PAIRED: readonly Actor[] = [
  ...PERMISSIONS.map((only): Actor => ({
    name: `a member with nothing but ${only}`,
    account: 'ann',
    member: member('member', [], but(only)),
    only,
  })),
];

/** A set of permissions counts alike in every kind of room: who has everything but one tries everything in a group, and less elsewhere. */
const ranked = (everywhere: boolean): Actor[] => [
  { name: 'an admin', account: 'ann', member: member('admin') },
  { name: 'a silenced admin', account: 'ann', member: member('admin'), silenced: true },
  { name: 'the owner', account: 'ann', member: member('owner') },
  ...PERMISSIONS.flatMap((one): Actor[] => [
    {
      name: `a member with everything but ${one}`,
      account: 'ann',
      member: member('member', but(one), [one]),
      ...(!everywhere && { lacks: one }),
    },
    { name: `an admin with everything but ${one}`, account: 'ann', member: member('admin', but(one), [one]), lacks: one },
    { name: `a member with nothing but ${one}`, account: 'ann', member: member('member', [one], but(one)), only: one },
    { name: `an admin with nothing but ${one}`, account: 'ann', member: member('admin', [one], but(one)), only: one },
  ]),
];

/** All who try something in such a room. */
export const actorsIn = ({ type, isPublic }: Variant): readonly Actor[] => [
  ...OUTSIDERS,
  ...MEMBERS,
  ...lessOne(type),
  ...(type === 'private_messages' ? PAIRED : ranked(type === 'group' && !isPublic)),
];
