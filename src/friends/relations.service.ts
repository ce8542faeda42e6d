import { Injectable } from '@nestjs/common';
import { Forbidden, type DenialReason, type FieldError } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomType } from '../room-access/room.types.js';
import type { Privacy } from '../users/privacy.types.js';
import { UserHeads } from '../users/user-heads.service.js';
import { UserNotFound } from '../users/users.errors.js';
import { addingAudience, denialFor, type RelationState } from './relation.policy.js';

/** What stands between two people. */
export interface Relation {
  readonly friends: boolean;
  readonly blockedByA: boolean;
  readonly blockedByB: boolean;
  /** They sit in one room that lives. */
  readonly sharedRoom: boolean;
}

type Acquaintance = RelationState & Privacy & { readonly id: string; readonly live: boolean };

// A shared room is searched only where a privacy asks for it: it is the one costly question here.
const ACQUAINTANCES = `
  SELECT u.id, u.deleted_at IS NULL AND u.deactivated_at IS NULL AS live,
    u.friend_requests AS "friendRequests", u.direct_messages AS "directMessages", u.group_invites AS "groupInvites", u.presence,
    u.read_receipts AS "readReceipts",
    f.user_low IS NOT NULL AS friends, mine.user_id IS NOT NULL AS blocking, theirs.user_id IS NOT NULL AS blocked,
    ($3 OR 'shared_rooms' IN (u.friend_requests, u.direct_messages)) AND EXISTS (
      SELECT 1 FROM room_users a JOIN room_users b ON b.room_id = a.room_id JOIN rooms r ON r.id = a.room_id
      WHERE a.user_id = $1 AND b.user_id = u.id AND r.deleted_at IS NULL) AS "sharedRoom"
  FROM users u
  LEFT JOIN friendships f ON f.user_low = least(u.id, $1) AND f.user_high = greatest(u.id, $1)
  LEFT JOIN blocks mine ON mine.user_id = $1 AND mine.blocked_id = u.id
  LEFT JOIN blocks theirs ON theirs.user_id = u.id AND theirs.blocked_id = $1
  WHERE u.id = ANY ($2::uuid[])`;

/**
 * Who stands how to whom, and what their privacy admits: blocks and privacy stand above every permission. Every question is one query,
 * however many people it names.
 */
@Injectable()
export class Relations {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
  ) {}

  /**
   * Holds what is between these people until the transaction ends: no friendship, request or block of any of them changes beside it. Takes
   * their heads in id order, after any head of a room; what follows then judges by what is true.
   */
  lockUsers(userIds: readonly string[]): Promise<void> {
    return this.heads.lock(userIds);
  }

  /** @throws UserNotFound when B is not there, or gone. */
  async between(a: string, b: string): Promise<Relation> {
    const [standing] = await this.acquaintances(a, [b], true);
    if (!standing?.live) throw new UserNotFound();
    return { friends: standing.friends, blockedByA: standing.blocking, blockedByB: standing.blocked, sharedRoom: standing.sharedRoom };
  }

  /** Whether someone may open a private room with a person, and write in it. @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayMessage(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], (person) => person.directMessages);
  }

  /** The same inside a team of both: friendship is not asked for there. @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayMessageInTeam(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], ({ directMessages }) => (directMessages === 'nobody' ? 'nobody' : 'everyone'));
  }

  /** Whether someone may ask a person for friendship. @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayBefriend(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], (person) => person.friendRequests);
  }

  /**
   * Whether a member may say anything in their room now, in whatever form: it is open, they are not silenced, and in a private room no block
   * stands between the two, whoever set it. @throws Forbidden room_inactive, silenced, blocked, privacy
   */
  async requireMayPostIn(grant: RoomGrant): Promise<void> {
    grant.requireMayPost();
    const { userId } = grant.member;
    const other = grant.room.otherThan(userId);
    if (other === null) return;
    const [standing] = await this.acquaintances(userId, [other]);
    if (standing?.blocking) throw new Forbidden('blocked');
    if (standing?.blocked) throw new Forbidden('privacy');
  }

  /**
   * Whether someone may add these people (≤ 100) to a room of the type; whether they may add anybody at all is the room's to judge. One's
   * own id is skipped. @throws UserNotFound, Forbidden privacy, blocked: all or none, `errors` name those who refuse by their position.
   */
  async requireMayAdd(actor: string, userIds: readonly string[], roomType: RoomType): Promise<void> {
    await this.requireAllowed(actor, userIds, (person) =>
      roomType === 'private_messages' ? person.directMessages : addingAudience(roomType, person.groupInvites),
    );
  }

  /** Those of the people whose presence the viewer may see. */
  async filterPresenceVisible(viewer: string, userIds: readonly string[]): Promise<Set<string>> {
    return this.those(viewer, userIds, (person) => denialFor(person.presence, person) === null);
  }

  /** Those of the viewers who may see this person's presence. */
  async filterPresenceViewers(userId: string, viewers: readonly string[]): Promise<Set<string>> {
    const { presence } = await this.privacyOf(userId);
    return this.those(userId, viewers, (viewer) => denialFor(presence, viewer) === null);
  }

  /** Those of the people with whom this one shares what was read: both want to, and no block stands between them. */
  async receiptsBetween(userId: string, others: readonly string[]): Promise<Set<string>> {
    const { readReceipts } = await this.privacyOf(userId);
    if (!readReceipts) return new Set();
    return this.those(userId, others, (other) => other.readReceipts && !other.blocking && !other.blocked);
  }

  /** Those of the people between whom and this one no block stands, whoever set it: who may see them type. */
  async filterUnblocked(userId: string, others: readonly string[]): Promise<Set<string>> {
    return this.those(userId, others, (other) => !other.blocking && !other.blocked);
  }

  private async requireAllowed(
    actor: string,
    userIds: readonly string[],
    audienceOf: (person: Acquaintance) => Parameters<typeof denialFor>[0],
  ) {
    const known = new Map((await this.acquaintances(actor, userIds)).map((person) => [person.id, person]));
    let reason: DenialReason | null = null;
    const errors: FieldError[] = [];
    for (const [index, userId] of userIds.entries()) {
      if (userId === actor) continue;
      const person = known.get(userId);
      if (!person?.live) throw new UserNotFound();
      const refused = denialFor(audienceOf(person), person);
      if (!refused) continue;
      reason ??= refused;
      errors.push({ path: `userIds.${index}`, message: refused === 'blocked' ? 'you have blocked them' : 'does not accept this from you' });
    }
    if (reason) throw new Forbidden(reason, undefined, userIds.length > 1 ? { errors } : {});
  }

  private async those(viewer: string, userIds: readonly string[], admits: (person: Acquaintance) => boolean): Promise<Set<string>> {
    if (userIds.length === 0) return new Set();
    const people = await this.acquaintances(viewer, userIds);
    return new Set(people.filter((person) => person.live && (person.id === viewer || admits(person))).map(({ id }) => id));
  }

  private acquaintances(viewer: string, userIds: readonly string[], searchRooms = false): Promise<Acquaintance[]> {
    return this.transactions.query<Acquaintance>(ACQUAINTANCES, [viewer, userIds, searchRooms]);
  }

  private async privacyOf(userId: string): Promise<Pick<Privacy, 'presence' | 'readReceipts'>> {
    const [own] = await this.transactions.query<Pick<Privacy, 'presence' | 'readReceipts'>>(
      `SELECT presence, read_receipts AS "readReceipts" FROM users WHERE id = $1`,
      [userId],
    );
    if (!own) throw new UserNotFound();
    return own;
  }
}
