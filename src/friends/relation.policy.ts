import type { DenialReason } from '../common/domain-error.js';
import type { DirectMessagePrivacy, FriendRequestPrivacy, GroupInvitePrivacy } from '../users/privacy.types.js';

/** What stands between someone who wants something and a person. */
export interface Standing {
  readonly friends: boolean;
  /** The one who wants something has blocked the person. */
  readonly blocking: boolean;
  /** The person has blocked the one who wants something. */
  readonly blocked: boolean;
  readonly sharedRoom: boolean;
}

type Audience = FriendRequestPrivacy | DirectMessagePrivacy;

const admits = (audience: Audience, standing: Standing): boolean => {
  switch (audience) {
    case 'everyone':
      return true;
    case 'shared_rooms':
      return standing.sharedRoom || standing.friends;
    case 'friends':
      return standing.friends;
    case 'nobody':
      return false;
  }
};

/**
 * Why the person does not accept it, or null. A block is told to the one who blocks alone: to the other it looks like any refusal by
 * privacy.
 */
export function refusal(audience: Audience, standing: Standing): DenialReason | null {
  if (standing.blocking) return 'blocked';
  return standing.blocked || !admits(audience, standing) ? 'privacy' : null;
}

/** Adding to a group asks for what the person has set; to a team or a channel everybody may be added but who says `nobody`. */
export const addingAudience = (roomType: string, groupInvites: GroupInvitePrivacy): GroupInvitePrivacy =>
  roomType === 'group' || groupInvites === 'nobody' ? groupInvites : 'everyone';
