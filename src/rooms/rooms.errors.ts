import { declareError } from '../common/domain-error.js';

/** 409: a private room is not left, handed over or joined; either of the two may delete it. */
export class NotForPrivateRooms extends declareError(
  409,
  'private_room',
  'A private room has no owner and is not left; either of the two may delete it.',
) {}

/** 409: an owner with members left hands the room over before leaving. */
export class OwnerMustTransfer extends declareError(409, 'owner_must_transfer', 'Hand the room over before you leave it.') {}

/** 422: nobody has a private room with oneself. */
export class CannotMessageOneself extends declareError(422, 'cannot_message_oneself', 'A private room is with somebody else.') {}

/** 422: the room that `teamId` names is no team. */
export class NotATeam extends declareError(422, 'not_a_team', 'Only a team has private rooms inside it.', {
  errors: [{ path: 'teamId', message: 'must be a team' }],
}) {}

/** 422: a channel and a team have a name. */
export class NameRequired extends declareError(422, 'name_required', 'A channel and a team have a name.', {
  errors: [{ path: 'name', message: 'must be given' }],
}) {}
