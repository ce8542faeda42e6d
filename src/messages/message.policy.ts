import type { RoomPermission } from '../common/permissions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { Message } from '../timeline/message.entity.js';

/** Rules on a loaded message and the member who wants something with it. */

const isAuthor = (message: Message, { member }: RoomGrant): boolean => message.type !== 'system' && message.userId === member.userId;

/** What editing a message takes: one's own, or anybody's. */
export const editingNeeds = (message: Message, grant: RoomGrant): RoomPermission =>
  isAuthor(message, grant) ? 'can_edit_own_messages' : 'can_edit_messages';

/** What deleting a message takes. */
export const deletingNeeds = (message: Message, grant: RoomGrant): RoomPermission =>
  isAuthor(message, grant) ? 'can_delete_own_messages' : 'can_delete_messages';

/** An act on somebody else's message is a moderator's, and is kept in the audit. */
export const isModerating = (message: Message, grant: RoomGrant): boolean => !isAuthor(message, grant);

/** Who may see what a message said before: its author, and who may delete it. */
export const mayReadEdits = (message: Message, grant: RoomGrant): boolean => isAuthor(message, grant) || grant.can('can_delete_messages');
