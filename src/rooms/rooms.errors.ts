import { declareError } from '../common/domain-error.js';

/** 409: a private room cannot be left and has no owner. */
export class NotForPrivateRooms extends declareError(
  409,
  'private_room',
  'A private room has no owner and cannot be left; delete it instead.',
) {}

/** 409: the owner of a room with other members cannot leave it. */
export class OwnerMustTransfer extends declareError(
  409,
  'owner_must_transfer',
  'The owner cannot leave the room; transfer the ownership to another member first.',
) {}

/** 422: both users of the private room would be the actor. */
export class CannotMessageSelf extends declareError(422, 'cannot_message_oneself', 'You cannot open a private room with yourself.') {}

/** 422: `teamId` is the id of a room of another type. */
export class NotATeam extends declareError(422, 'not_a_team', 'Only a team can contain private rooms.', {
  errors: [{ path: 'teamId', message: 'must be a team' }],
}) {}

/** 422: only a group may have no name. */
export class NameRequired extends declareError(422, 'name_required', 'A channel or a team must have a name.', {
  errors: [{ path: 'name', message: 'must be given' }],
}) {}
