// Which users may do something towards a user, from the widest setting to the narrowest.

export const FRIEND_REQUESTS = ['everyone', 'shared_rooms', 'nobody'] as const;
export const DIRECT_MESSAGES = ['everyone', 'shared_rooms', 'friends', 'nobody'] as const;
export const GROUP_INVITES = ['everyone', 'friends', 'nobody'] as const;
export const PRESENCE = ['everyone', 'friends', 'nobody'] as const;

export type FriendRequestPrivacy = (typeof FRIEND_REQUESTS)[number];
export type DirectMessagePrivacy = (typeof DIRECT_MESSAGES)[number];
export type GroupInvitePrivacy = (typeof GROUP_INVITES)[number];
export type PresencePrivacy = (typeof PRESENCE)[number];

export interface Privacy {
  readonly friendRequests: FriendRequestPrivacy;
  readonly directMessages: DirectMessagePrivacy;
  readonly groupInvites: GroupInvitePrivacy;
  readonly presence: PresencePrivacy;
  /** Shows other users what the user has read, and the user what they have read. */
  readonly readReceipts: boolean;
}
