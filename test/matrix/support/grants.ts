import { holds, type Permission, PERMISSIONS, PRESETS, type Role, type RoomType, type TestRole } from './permissions.js';

// How one allowed call may change the members of a room, whoever made it. It does not know how a call is authorised: it compares
// the room before and after.

export interface SilencedMember extends TestRole {
  readonly silencedUntil: string | null;
}

/** A room as far as rights in it go, people by name. */
export interface RoleState {
  readonly type: RoomType;
  readonly members: Readonly<Record<string, SilencedMember>>;
  /** Until when they are silenced who left under a silence. */
  readonly kept: Readonly<Record<string, string>>;
  readonly banned: readonly string[];
  /** Members with an inactive account. */
  readonly inactive: readonly string[];
}

export type Doing =
  'add' | 'change' | 'remove' | 'ban' | 'unban' | 'leave' | 'join' | 'invite' | 'use' | 'revoke' | 'handOver' | 'deactivate' | 'activate';

/** A call that was allowed. */
export interface AllowedAction {
  readonly does: Doing;
  /** Null: a platform admin, who is no member. */
  readonly by: string | null;
  /** The user concerned: for `leave`, `join` and `use` the actor. */
  readonly to: readonly string[];
  /** Of `use`: who made the invite. */
  readonly inviter?: string;
  /** Whether it asked for a role or a set, for a silence. */
  readonly regrants?: boolean;
  readonly silences?: boolean;
  /** The whole set that it asked for. */
  readonly wish?: readonly Permission[];
}

const RANKS: readonly Role[] = ['member', 'admin', 'owner'];
const rank = (member: TestRole | undefined): number => (member ? RANKS.indexOf(member.role) : -1);

export const setOf = (type: RoomType, member: TestRole): Permission[] => PERMISSIONS.filter((one) => holds(type, member, one));
/** The permissions of a member beyond the preset of their role. */
const beyond = (type: RoomType, member: TestRole): Permission[] =>
  setOf(type, member).filter((one) => !PRESETS[type][member.role].includes(one));
const same = (one: SilencedMember | undefined, other: SilencedMember | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What an act needs of the person who does it, beside rank. */
const NEEDS: Partial<Record<Doing, Permission>> = {
  add: 'can_add_users',
  remove: 'can_remove_users',
  ban: 'can_ban_users',
  unban: 'can_ban_users',
  invite: 'can_create_invites',
};
const MEMBERSHIPS: readonly Doing[] = ['add', 'join', 'use'];
const UNSEATS: readonly Doing[] = ['remove', 'ban', 'leave'];

const ownerOf = ({ members }: RoleState): string | undefined => Object.keys(members).find((name) => members[name]!.role === 'owner');

/** What is wrong with an act, in words; nothing when it kept every rule. */
export function faultsOfAct(before: RoleState, after: RoleState, act: AllowedAction): string[] {
  const people = [...new Set([...Object.keys(before.members), ...Object.keys(after.members)])];
  const touched = people.filter((name) => !same(before.members[name], after.members[name]));
  const [giver, successor] = [ownerOf(before), ownerOf(after)];
  const pass = giver !== undefined && successor !== undefined && giver !== successor ? { giver, successor } : null;
  return [
    ...ownerFaults(after),
    ...callerFaults(before, act),
    ...inviteFaults(before, after, act),
    ...silenceFaults(before, after, act, pass?.successor),
    ...(pass ? passFaults(before, after, act, pass) : []),
    ...touched
      .filter((name) => name !== pass?.giver && name !== pass?.successor)
      .flatMap((name) => memberFaults(before, after, act, name).map((fault) => `${name} ${fault}`)),
  ];
}

/** Returns the faults in the change of one membership. */
function memberFaults(
  { type, members, banned }: RoleState,
  after: RoleState,
  { does, by, to, wish }: AllowedAction,
  name: string,
): string[] {
  const [was, is, caller] = [members[name], after.members[name], by === null ? undefined : members[by]];
  const may = (permission: Permission): boolean => caller !== undefined && holds(type, caller, permission);
  const faults: string[] = [];
  if (!to.includes(name)) faults.push('was changed, and nobody spoke of them');
  if (was ? (is ? does !== 'change' : !UNSEATS.includes(does)) : !MEMBERSHIPS.includes(does))
    faults.push(`has another membership than before by ${does}`);
  if (was && does !== 'leave' && rank(was) >= rank(caller)) faults.push('is of no lower rank than who did it');
  if (!was && banned.includes(name)) faults.push('became a member, and is banned');
  if (!is) return faults;

  const moved = !was || was.role !== is.role;
  // Another role, or another membership, begins without earlier overrides.
  const kept = moved ? [] : beyond(type, was);
  for (const permission of beyond(type, is).filter((one) => !kept.includes(one))) {
    const given = (does === 'add' || does === 'change') && may('can_manage_roles') && may(permission);
    if (!given) faults.push(`holds ${permission}, and nobody who held it gave it`);
  }
  if (wish ? String(wish) !== String(setOf(type, is)) : moved && is.allow.length + is.deny.length > 0)
    faults.push('holds another set than was asked for');
  const own = was && !moved ? setOf(type, was) : PRESETS[type][is.role];
  if (PERMISSIONS.some((one) => own.includes(one) !== holds(type, is, one)) && !may('can_manage_roles'))
    faults.push('has another set, without can_manage_roles');
  if (was ? moved : is.role !== 'member') {
    if (!may('can_manage_roles')) faults.push('has another role, without can_manage_roles');
    if (rank(is) >= rank(caller)) faults.push('has a role no lower than of who gave it');
  }
  if (was && was.silencedUntil !== is.silencedUntil && !may('can_remove_users'))
    faults.push('was silenced, or not, without can_remove_users');
  return faults;
}

/** A silence ends by its time, by who may end it, or with the room being handed over; not by leaving and coming back. */
function silenceFaults(before: RoleState, after: RoleState, { does, to }: AllowedAction, successor?: string): string[] {
  const until = ({ members, kept }: RoleState, name: string): string | null =>
    members[name] ? members[name].silencedUntil : (kept[name] ?? null);
  const people = [...new Set([before, after].flatMap(({ members, kept }) => [...Object.keys(members), ...Object.keys(kept)]))];
  return people
    .filter((name) => until(before, name) !== until(after, name) && !(does === 'change' && to.includes(name)))
    .filter((name) => name !== successor && name !== ownerOf(before))
    .map((name) => `the silence of ${name} was changed by ${does}`);
}

function ownerFaults({ members, inactive }: RoleState): string[] {
  const owners = Object.keys(members).filter((name) => members[name]!.role === 'owner');
  if (owners.length !== 1) return [`there are ${owners.length} owners`];
  const live = Object.keys(members).filter((name) => !inactive.includes(name));
  return live.length > 0 && !live.includes(owners[0]!)
    ? [`${owners[0]} owns the room with an inactive account, beside ${live.join(' and ')}`]
    : [];
}

/** Whoever does something is live, is there, and may. */
function callerFaults({ type, members, inactive, banned }: RoleState, { does, by, to, regrants, silences }: AllowedAction): string[] {
  if (by === null) return [];
  const member = members[by];
  const faults = inactive.includes(by) ? [`${by} did something with an inactive account`] : [];
  if (does === 'join' || does === 'use') return banned.includes(by) ? [...faults, `${by} came in, and is banned`] : faults;
  if (!member) return [...faults, `${by} did something in a room of others`];
  const needs = [NEEDS[does], regrants && 'can_manage_roles', silences && 'can_remove_users'] as (Permission | undefined | false)[];
  for (const need of needs) if (need && !holds(type, member, need)) faults.push(`${by} did it without ${need}`);
  // A request for no change is open to every member, and changes nothing.
  const checks = does === 'remove' || does === 'ban' || regrants || silences;
  const above = checks && does !== 'add' ? to.filter((name) => members[name] && rank(members[name]) >= rank(member)) : [];
  return [...faults, ...above.map((name) => `${name} is of no lower rank than who did it`)];
}

/** Ownership passes to one successor, and both get their preset: by transfer, or because the owner's account is deactivated. */
function passFaults(
  before: RoleState,
  after: RoleState,
  { does, by, to }: AllowedAction,
  { giver, successor }: { giver: string; successor: string },
): string[] {
  const faults: string[] = [];
  const live = Object.keys(before.members).filter((name) => !before.inactive.includes(name));
  const right: Partial<Record<Doing, boolean>> = {
    handOver: giver === by && successor === to[0] && live.includes(successor),
    deactivate: giver === to[0] && live.includes(successor),
    activate: live.length === 0 && successor === to[0],
    join: live.length === 0 && successor === by,
  };
  if (!right[does]) faults.push(`the room passed from ${giver} to ${successor} by ${does}`);
  for (const name of [giver, successor]) {
    const is = after.members[name];
    if (is?.role !== (name === giver ? 'admin' : 'owner') || is.silencedUntil !== null || is.allow.length + is.deny.length > 0)
      faults.push(`${name} did not begin anew when the room passed`);
  }
  return faults;
}

/** An invite grants what its creator could grant at the moment of its use: a plain membership. */
function inviteFaults({ type, members, inactive }: RoleState, after: RoleState, { does, by, inviter, regrants }: AllowedAction): string[] {
  if (does === 'invite' && regrants) return ['an invite promises more than a plain membership'];
  if (does !== 'use' || by === null || members[by]) return [];
  const maker = members[inviter ?? ''];
  const faults =
    maker && holds(type, maker, 'can_create_invites') && !inactive.includes(inviter!)
      ? []
      : ['the invite of a member who may not invite was accepted'];
  return after.members[by]?.role === 'member' ? faults : [...faults, 'an invite granted more than a plain membership'];
}
