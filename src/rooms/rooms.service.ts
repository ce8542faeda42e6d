import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed, type FieldError } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import { Relations } from '../friends/relations.service.js';
import { MediaRepository } from '../media/media.repository.js';
import type { CreateRoomDto } from './dto/room.dto.js';
import { RoomCreation } from './room-creation.service.js';
import { PrivateRooms, type RoomResult } from './private-rooms.service.js';
import { RoomViews } from './room-views.service.js';

/** Creates rooms of every type. */
@Injectable()
export class RoomsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly relations: Relations,
    private readonly media: MediaRepository,
    private readonly privateRooms: PrivateRooms,
    private readonly creation: RoomCreation,
    private readonly views: RoomViews,
  ) {}

  /**
   * Creates a room with all of the users or not at all. An existing private room is returned as it is.
   * @throws ValidationFailed, UserNotFound, Forbidden privacy, blocked, AvatarNotUsable, RoomFull, TooManyRooms; and as getOrCreatePrivateRoom
   */
  async createRoom(actor: Actor, dto: CreateRoomDto): Promise<RoomResult> {
    const { type, teamId = null, userIds = [], ...fields } = dto;
    requireFieldsOfType(dto);
    const invited = [...new Set(userIds)];
    if (type === 'private_messages') return this.privateRooms.getOrCreatePrivateRoom(actor, invited[0] ?? '', teamId, fields);
    const others = invited.filter((userId) => userId !== actor.userId);
    return this.transactions.run(async () => {
      await this.relations.lockUsers([actor.userId, ...others]);
      await this.relations.requireMayAdd(actor.userId, others, type);
      const { id } = await this.creation.insertRoomWithMembers({ ...fields, type }, actor.userId, others);
      if (fields.avatarMediaId) await this.media.attachAvatar(actor.userId, fields.avatarMediaId);
      return { room: await this.views.getRoomView(actor.userId, id), created: true };
    });
  }
}

/** Requires the fields that the type of the room needs, and no others. @throws ValidationFailed */
function requireFieldsOfType({ type, name, isPublic, avatarMediaId, teamId, userIds = [] }: CreateRoomDto): void {
  const errors: FieldError[] = [];
  const reject = (path: string, message: string): number => errors.push({ path, message });
  if (type === 'private_messages') {
    if (new Set(userIds).size !== 1) reject('userIds', 'must name one user');
    if (isPublic) reject('isPublic', 'must be false for a private room');
    if (avatarMediaId) reject('avatarMediaId', 'must be left out for a private room');
  } else if (teamId) reject('teamId', 'must be left out unless the room is private');
  if ((type === 'channel' || type === 'team') && !name) reject('name', `must be given for a ${type}`);
  if (errors.length > 0) throw new ValidationFailed(errors);
}
