import type { DenialReason } from '../common/domain-error.js';
import type { DirectMessagePrivacy, FriendRequestPrivacy, GroupInvitePrivacy } from '../users/privacy.types.js';

/** What is between an asking user and the user who is asked. */
export interface RelationState {
  readonly friends: boolean;
  /** The asking user blocks the other. */
  readonly blocking: boolean;
  /** The other blocks the asking user. */
  readonly blocked: boolean;
  readonly sharedRoom: boolean;
}

export type Audience = FriendRequestPrivacy | DirectMessagePrivacy;

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

/** Returns why the user does not accept it, or null. Only the blocking user learns of a block: for the other it is `privacy`. */
export function denialFor(audience: Audience, state: RelationState): DenialReason | null {
  if (state.blocking) return 'blocked';
  return state.blocked || !admits(audience, state) ? 'privacy' : null;
}

/** Returns who may add the user. In teams and channels every setting but `nobody` means `everyone`. */
export const addingAudience = (roomType: string, groupInvites: GroupInvitePrivacy): GroupInvitePrivacy =>
  roomType === 'group' || groupInvites === 'nobody' ? groupInvites : 'everyone';
