import { Injectable } from '@nestjs/common';
import { Forbidden, type DenialReason, type FieldError } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomType } from '../room-access/room.types.js';
import type { Privacy } from '../users/privacy.types.js';
import { UserHeads } from '../users/user-heads.service.js';
import { isActiveSql } from '../users/user.view.js';
import { UserNotFound } from '../users/users.errors.js';
import { addingAudience, type Audience, denialFor, type RelationState } from './relation.policy.js';

/** A user, and what is between the user and the asking user $1. */
type RelatedUser = RelationState & Privacy & { readonly id: string; readonly active: boolean };

// The search for a shared room is the costly part: it runs only where a privacy setting asks for it.
const RELATED_USERS = `
  SELECT u.id, ${isActiveSql('u')} AS active,
    u.friend_requests AS "friendRequests", u.direct_messages AS "directMessages", u.group_invites AS "groupInvites", u.presence,
    u.read_receipts AS "readReceipts",
    f.user_low IS NOT NULL AS friends, own.user_id IS NOT NULL AS blocking, other.user_id IS NOT NULL AS blocked,
    'shared_rooms' IN (u.friend_requests, u.direct_messages) AND EXISTS (
      SELECT 1 FROM room_users a JOIN room_users b ON b.room_id = a.room_id JOIN rooms r ON r.id = a.room_id
      WHERE a.user_id = $1 AND b.user_id = u.id AND r.deleted_at IS NULL) AS "sharedRoom"
  FROM users u
  LEFT JOIN friendships f ON f.user_low = least(u.id, $1) AND f.user_high = greatest(u.id, $1)
  LEFT JOIN blocks own ON own.user_id = $1 AND own.blocked_id = u.id
  LEFT JOIN blocks other ON other.user_id = u.id AND other.blocked_id = $1
  WHERE u.id = ANY ($2::uuid[])`;

/** Checks blocks and privacy, which no permission overrides. Every check is one query, for any number of users. */
@Injectable()
export class Relations {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
  ) {}

  /** Locks the user heads: no friendship, request or block of these users changes until the transaction ends. After room heads, by id. */
  lockUsers(userIds: readonly string[]): Promise<void> {
    return this.heads.lock(userIds);
  }

  /** Requires that `from` may open a private room with `to` and post there. @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayMessage(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], ({ directMessages }) => directMessages);
  }

  /** The same inside a team of both, where the setting `friends` does not apply. @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayMessageInTeam(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], ({ directMessages }) => (directMessages === 'nobody' ? 'nobody' : 'everyone'));
  }

  /** @throws UserNotFound, Forbidden privacy, blocked */
  async requireMayBefriend(from: string, to: string): Promise<void> {
    await this.requireAllowed(from, [to], ({ friendRequests }) => friendRequests);
  }

  /**
   * Requires that the member may post content of any kind: the room is active, the member is not silenced, and in a private room neither
   * user blocks the other. @throws Forbidden room_inactive, silenced, blocked, privacy
   */
  async requireMayPostIn(grant: RoomGrant): Promise<void> {
    grant.requireMayPost();
    const { userId } = grant.member;
    const otherId = grant.room.otherThan(userId);
    if (otherId === null) return;
    const [other] = await this.findRelated(userId, [otherId]);
    if (other?.blocking) throw new Forbidden('blocked');
    if (other?.blocked) throw new Forbidden('privacy');
  }

  /**
   * Requires that the privacy of all these users (≤ 100) lets the actor add them to a room of the type; the actor's own id is skipped. The
   * permission to add users is checked elsewhere. @throws UserNotFound, Forbidden privacy, blocked: `errors` name the users by position
   */
  async requireMayAdd(actor: string, userIds: readonly string[], roomType: RoomType): Promise<void> {
    await this.requireAllowed(actor, userIds, ({ directMessages, groupInvites }) =>
      roomType === 'private_messages' ? directMessages : addingAudience(roomType, groupInvites),
    );
  }

  /** Returns the users whose presence the viewer may see. */
  async filterPresenceVisible(viewer: string, userIds: readonly string[]): Promise<Set<string>> {
    return this.filterUsers(viewer, userIds, (user) => denialFor(user.presence, user) === null);
  }

  /** Returns the viewers who may see the user's presence. */
  async filterPresenceViewers(userId: string, viewers: readonly string[]): Promise<Set<string>> {
    const { presence } = await this.privacyOf(userId);
    return this.filterUsers(userId, viewers, (viewer) => denialFor(presence, viewer) === null);
  }

  /** Returns the users with whom the user shares read receipts: both send them, and neither blocks the other. */
  async receiptsBetween(userId: string, others: readonly string[]): Promise<Set<string>> {
    const { readReceipts } = await this.privacyOf(userId);
    if (!readReceipts) return new Set();
    return this.filterUsers(userId, others, (other) => other.readReceipts && !other.blocking && !other.blocked);
  }

  /** Returns the users with no block between them and the user, in either direction. */
  async filterUnblocked(userId: string, others: readonly string[]): Promise<Set<string>> {
    return this.filterUsers(userId, others, (other) => !other.blocking && !other.blocked);
  }

  private async requireAllowed(actor: string, userIds: readonly string[], audienceOf: (user: RelatedUser) => Audience): Promise<void> {
    const known = new Map((await this.findRelated(actor, userIds)).map((user) => [user.id, user]));
    let reason: DenialReason | null = null;
    const errors: FieldError[] = [];
    for (const [index, userId] of userIds.entries()) {
      if (userId === actor) continue;
      const user = known.get(userId);
      if (!user?.active) throw new UserNotFound();
      const denial = denialFor(audienceOf(user), user);
      if (!denial) continue;
      reason ??= denial;
      errors.push({ path: `userIds.${index}`, message: denial === 'blocked' ? 'is blocked by you' : 'does not allow this' });
    }
    if (reason) throw new Forbidden(reason, undefined, userIds.length > 1 ? { errors } : {});
  }

  private async filterUsers(viewer: string, userIds: readonly string[], admits: (user: RelatedUser) => boolean): Promise<Set<string>> {
    if (userIds.length === 0) return new Set();
    const users = await this.findRelated(viewer, userIds);
    return new Set(users.filter((user) => user.active && (user.id === viewer || admits(user))).map(({ id }) => id));
  }

  private findRelated(viewer: string, userIds: readonly string[]): Promise<RelatedUser[]> {
    return this.transactions.query<RelatedUser>(RELATED_USERS, [viewer, userIds]);
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
