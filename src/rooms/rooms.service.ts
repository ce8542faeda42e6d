import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed, type FieldError } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import { Relations } from '../friends/relations.service.js';
import { Avatars } from '../media/avatars.service.js';
import type { CreateRoomDto } from './dto/room.dto.js';
import { RoomCreation } from './room-creation.service.js';
import { PrivateRooms, type RoomResult } from './private-rooms.service.js';
import { RoomViews } from './room-views.service.js';

/** Opening rooms of every type. */
@Injectable()
export class RoomsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly relations: Relations,
    private readonly avatars: Avatars,
    private readonly privateRooms: PrivateRooms,
    private readonly creation: RoomCreation,
    private readonly views: RoomViews,
  ) {}

  /**
   * Opens a room with all of the people or not at all. A private room that is there already is given as it is.
   * @throws ValidationFailed, UserNotFound, Forbidden privacy, blocked, AvatarNotUsable, RoomFull, TooManyRooms; and as PrivateRooms.open
   */
  async createRoom(actor: Actor, dto: CreateRoomDto): Promise<RoomResult> {
    const { type, teamId = null, userIds = [], ...fields } = dto;
    checkForm(dto);
    const people = [...new Set(userIds)];
    if (type === 'private_messages') {
      const { name, description, metaTags, historyVisibility } = fields;
      return this.privateRooms.getOrCreatePrivateRoom(
        actor,
        people[0] ?? '',
        teamId,
        given({ name, description, metaTags, historyVisibility }),
      );
    }
    const others = people.filter((userId) => userId !== actor.userId);
    return this.transactions.run(async () => {
      await this.relations.lockUsers([actor.userId, ...others]);
      await this.relations.requireMayAdd(actor.userId, others, type);
      const { id } = await this.creation.insertRoomWithMembers({ ...given(fields), type }, actor.userId, others);
      if (fields.avatarMediaId) await this.avatars.attachAvatar(actor.userId, fields.avatarMediaId);
      return { room: await this.views.getRoomView(actor.userId, id), created: true };
    });
  }
}

const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

/** What fits the type of the room. @throws ValidationFailed */
function checkForm({ type, name, isPublic, avatarMediaId, teamId, userIds = [] }: CreateRoomDto): void {
  const errors: FieldError[] = [];
  const refuse = (path: string, message: string): number => errors.push({ path, message });
  if (type === 'private_messages') {
    if (new Set(userIds).size !== 1) refuse('userIds', 'must name one person');
    if (isPublic) refuse('isPublic', 'must be false of a private room');
    if (avatarMediaId) refuse('avatarMediaId', 'must be left out of a private room');
  } else if (teamId) refuse('teamId', 'must be left out, but for a private room');
  if ((type === 'channel' || type === 'team') && !name) refuse('name', `must be given for a ${type}`);
  if (errors.length > 0) throw new ValidationFailed(errors);
}
