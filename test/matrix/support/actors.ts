import { type Permission, PERMISSIONS, type Role, type RoomType, type Seat } from './permissions.js';

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

/** The accounts by which the calls are made. Who sits in the room sits there as `ann`, whatever the seat. */
export const ACCOUNTS = ['ann', 'outsider', 'removed', 'banned', 'blocked', 'rested', 'platform'] as const;
export type Account = (typeof ACCOUNTS)[number] | 'nobody';

/** Somebody who tries what a row says. */
export interface Actor {
  readonly name: string;
  readonly account: Account;
  /** Null: not in the room. */
  readonly seat: Seat | null;
  readonly silenced?: true;
  /** Everybody else in the room has blocked them. */
  readonly blocked?: true;
  readonly banned?: true;
}

const seat = (role: Role, allow: readonly Permission[] = [], deny: readonly Permission[] = []): Seat => ({ role, allow, deny });
const but = (permission: Permission): Permission[] => PERMISSIONS.filter((one) => one !== permission);

const STRANGERS: readonly Actor[] = [
  { name: 'nobody', account: 'nobody', seat: null },
  { name: 'an outsider', account: 'outsider', seat: null },
  { name: 'somebody removed', account: 'removed', seat: null },
  { name: 'somebody banned', account: 'banned', seat: null, banned: true },
  { name: 'a platform admin', account: 'platform', seat: null },
];

const SEATED: readonly Actor[] = [
  { name: 'a member', account: 'ann', seat: seat('member') },
  { name: 'a member with no permission', account: 'ann', seat: seat('member', [], PERMISSIONS) },
  { name: 'a silenced member', account: 'ann', seat: seat('member'), silenced: true },
  { name: 'a member whom all others have blocked', account: 'blocked', seat: seat('member'), blocked: true },
  { name: 'a member whose account rests', account: 'rested', seat: seat('member') },
];

const RANKED: readonly Actor[] = [
  { name: 'an admin', account: 'ann', seat: seat('admin') },
  { name: 'a silenced admin', account: 'ann', seat: seat('admin'), silenced: true },
  { name: 'the owner', account: 'ann', seat: seat('owner') },
];

/** In a private room there is no rank, and nothing can be added to what the two hold. */
const everythingBut = (permission: Permission, { type }: Variant): Actor =>
  type === 'private_messages'
    ? { name: `a member with everything but ${permission}`, account: 'ann', seat: seat('member', [], [permission]) }
    : { name: `an admin with everything but ${permission}`, account: 'ann', seat: seat('admin', but(permission), [permission]) };

const nothingBut = (permission: Permission, { type }: Variant): Actor =>
  type === 'private_messages'
    ? { name: `a member with nothing but ${permission}`, account: 'ann', seat: seat('member', [], but(permission)) }
    : { name: `an admin with nothing but ${permission}`, account: 'ann', seat: seat('admin', [permission], but(permission)) };

/**
 * Who tries something in such a room. Whether it is public counts for who is outside; what a permission is good for is tried without each
 * one in a group, elsewhere without those that are asked for. MATRIX=full: everybody everywhere.
 * @param needs the permissions that it asks for
 */
export function actorsIn(variant: Variant, needs: readonly Permission[]): readonly Actor[] {
  const everybody = process.env.MATRIX === 'full';
  if (variant.isPublic && !everybody) return [...STRANGERS, ...SEATED];
  const lacking = everybody || variant.type === 'group' ? PERMISSIONS : needs;
  return [
    ...STRANGERS,
    ...SEATED,
    ...(variant.type === 'private_messages' ? [] : RANKED),
    ...lacking.map((permission) => everythingBut(permission, variant)),
    ...(everybody ? PERMISSIONS : needs).map((permission) => nothingBut(permission, variant)),
  ];
}
