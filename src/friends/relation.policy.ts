import type { DenialReason } from '../common/domain-error.js';
import type { DirectMessagePrivacy, FriendRequestPrivacy, GroupInvitePrivacy } from '../users/privacy.types.js';

/** What stands between someone who wants something and a person. */
export interface RelationState {
  readonly friends: boolean;
  /** The one who wants something has blocked the person. */
  readonly blocking: boolean;
  /** The person has blocked the one who wants something. */
  readonly blocked: boolean;
  readonly sharedRoom: boolean;
}

type Audience = FriendRequestPrivacy | DirectMessagePrivacy;

const admits = (audience: Audience, state: RelationState): boolean => {
  switch (audience) {
    case 'everyone':
      return true;
    case 'shared_rooms':
      return state.sharedRoom || state.friends;
    case 'friends':
      return state.friends;
    case 'nobody':
      return false;
  }
};

/**
 * Why the person does not accept it, or null. A block is told to the one who blocks alone: to the other it looks like any refusal by
 * privacy.
 */
export function denialFor(audience: Audience, state: RelationState): DenialReason | null {
  if (state.blocking) return 'blocked';
  return state.blocked || !admits(audience, state) ? 'privacy' : null;
}

/** Adding to a group asks for what the person has set; to a team or a channel everybody may be added but who says `nobody`. */
export const addingAudience = (roomType: string, groupInvites: GroupInvitePrivacy): GroupInvitePrivacy =>
  roomType === 'group' || groupInvites === 'nobody' ? groupInvites : 'everyone';
