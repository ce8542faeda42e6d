import { isDeepStrictEqual } from 'node:util';
import { type Actor, FULL, type Variant } from './actors.js';
import { holds, type Permission, type Role } from './permissions.js';
import type { Place } from './room-fixture.js';

/** An actor in a kind of room. */
export interface Cell {
  readonly actor: Actor;
  readonly variant: Variant;
}

/** What is sent: over HTTP the rest of the path and a body, to a socket the payload. */
export interface Ask {
  readonly path?: string;
  readonly body?: object;
}

/** One thing that can be asked of the product, and who is answered. */
export interface Row {
  /** `PATCH /v1/rooms/{roomId}`, or the name of an event. */
  readonly at: string;
  /** What the row tries, where one route has several rows. */
  readonly what?: string;
  /**
   * `members`: the room is hidden from other users; a public one answers `not_member`.
   * `people`: every user who is logged in.
   */
  readonly who: 'members' | 'people';
  /** The permissions that it needs, in the order in which they are asked for. */
  readonly needs?: readonly Permission[];
  /** Only these roles, whatever their permissions. */
  readonly roles?: readonly Role[];
  /** It concerns a member of this rank, so it needs a higher one. */
  readonly above?: Role;
  /** It posts: refused to silenced members, and in the private room of a blocked pair. */
  readonly voice?: true;
  /** It concerns a non-member, or another user: refused within a blocked pair. */
  readonly favour?: true;
  /** An event that calls the same use case as a route. */
  readonly repeatsRoute?: true;
  /** Who is answered has come in by it. */
  readonly letsIn?: true;
  /** The status of an answer to who may; or what is answered for another reason, as a status and a code. */
  readonly answer: number | ((cell: Cell) => string);
  readonly ask: (place: Place) => Ask;
}

/** What hides is written so: the answer must be that of ids which are nowhere. */
export const HIDDEN = 'hidden';

/** The reason within a blocked pair: `blocked` only to the blocker. */
export const apart = ({ actor: { account } }: Cell): string | null =>
  account === 'blocked' ? '403 privacy' : account === 'blocking' ? '403 blocked' : null;

/** The reason for a member who lacks a permission; null where they hold it. */
export function lacking({ variant: { type }, actor: { member } }: Cell, permission: Permission): string | null {
  if (!member || holds(type, member, permission)) return null;
  return `403 ${member.deny.includes(permission) ? 'not_granted' : 'role_preset'} ${permission}`;
}

const RANKS: readonly Role[] = ['member', 'admin', 'owner'];

/** Returns what the row expects in the cell: a status, and for a refusal the reason (or the code) and the permission. */
export function expected(row: Row, cell: Cell): string {
  const { actor, variant } = cell;
  if (actor.account === 'nobody') return '401 token_invalid';
  if (actor.account === 'inactive') return '401 session_ended';
  return (row.who === 'members' ? checked(row, cell) : null) ?? (typeof row.answer === 'number' ? String(row.answer) : row.answer(cell));

  function checked({ needs = [], roles, above, voice, favour }: Row, { actor: { member, silenced } }: Cell): string | null {
    if (!member) return variant.isPublic ? '403 not_member' : HIDDEN;
    const missing = needs.find((permission) => !holds(variant.type, member, permission));
    if (missing) return lacking(cell, missing);
    if (roles && !roles.includes(member.role)) return '403 role_preset';
    if (above && RANKS.indexOf(member.role) <= RANKS.indexOf(above)) return '403 rank';
    if (voice && silenced) return '403 silenced';
    return favour || (voice && inPrivate(cell)) ? apart(cell) : null;
  }
}

export const titleOf = ({ at, what }: Pick<Row, 'at' | 'what'>): string => (what ? `${at} (${what})` : at);
export const isEvent = ({ at }: Pick<Row, 'at'>): boolean => !at.includes(' ');
export const inPrivate = ({ variant }: Cell): boolean => variant.type === 'private_messages';
/** Whether who may do it changes something by it. */
export const changes = ({ at }: Row): boolean => !/^(GET .*|sync|typing)$/.test(at);

/**
 * Whether an actor tries a row. An actor defined by single permissions tries only rows that these decide, and events that repeat a route only in a
 * group: one kind of room is enough to find that both check the same.
 */
export function tries({ holdsOnly, lacks }: Actor, { needs = [], repeatsRoute }: Row, { type, isPublic }: Variant): boolean {
  if (FULL || (!holdsOnly && !lacks)) return true;
  if (repeatsRoute && (type !== 'group' || isPublic)) return false;
  return lacks ? needs.includes(lacks) : isDeepStrictEqual(needs, holdsOnly);
}
