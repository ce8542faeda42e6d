import type { RoomPermission } from '../common/permissions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { Message } from '../timeline/message.entity.js';

const isAuthor = (message: Message, { member }: RoomGrant): boolean => message.type !== 'system' && message.userId === member.userId;

/** Who may edit a message: returns the permission that the member needs. */
export const editingNeeds = (message: Message, grant: RoomGrant): RoomPermission =>
  isAuthor(message, grant) ? 'can_edit_own_messages' : 'can_edit_messages';

/** Who may delete a message: returns the permission that the member needs. */
export const deletingNeeds = (message: Message, grant: RoomGrant): RoomPermission =>
  isAuthor(message, grant) ? 'can_delete_own_messages' : 'can_delete_messages';

/** Editing or deleting another user's message is moderation and goes to the audit log of the room. */
export const isModerating = (message: Message, grant: RoomGrant): boolean => !isAuthor(message, grant);

/** Who may read the former texts of a message: its author, and members who may delete it. */
export const mayReadEdits = (message: Message, grant: RoomGrant): boolean => isAuthor(message, grant) || grant.can('can_delete_messages');
