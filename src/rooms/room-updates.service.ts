import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { MediaRepository } from '../media/media.repository.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog, type AuditEntry } from '../room-access/room-log.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import type { UpdateRoomDto } from './dto/room.dto.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';
import { RoomViews } from './room-views.service.js';
import type { RoomView } from './room.view.js';
import { NameRequired } from './rooms.errors.js';

const FIELDS = [
  'name',
  'description',
  'avatarMediaId',
  'isPublic',
  'metaTags',
  'historyVisibility',
  'slowModeSeconds',
  'active',
] as const satisfies (keyof UpdateRoomDto & keyof Room)[];
type Field = (typeof FIELDS)[number];

/** Changes the settings of a room. */
@Injectable()
export class RoomUpdates {
  constructor(
    private readonly access: RoomAccess,
    private readonly media: MediaRepository,
    private readonly roomRepository: RoomRepository,
    private readonly log: RoomLog,
    private readonly publisher: RoomEventPublisher,
    private readonly views: RoomViews,
  ) {}

  /** @throws RoomNotFound, Forbidden not_member, role_preset, not_granted; NameRequired, AvatarNotUsable */
  updateRoom(actor: Actor, roomId: string, dto: UpdateRoomDto): Promise<RoomView> {
    return this.access.change(actor, roomId, 'can_edit_room', async ({ room }) => {
      if (dto.name === null && room.type !== 'group') throw new NameRequired();
      const changed = FIELDS.filter((field) => dto[field] !== undefined && !isEqual(dto[field], room[field]));
      if (changed.length > 0) {
        if (changed.includes('avatarMediaId') && dto.avatarMediaId) await this.media.attachAvatar(actor.userId, dto.avatarMediaId);
        Object.assign(room, Object.fromEntries(changed.map((field) => [field, dto[field]])));
        await this.publisher.publishUpdated(room, actor.userId, await this.roomRepository.updateRoom(room));
        await this.log.audit(roomId, ...auditEntries(actor, room, changed));
      }
      return this.views.getRoomView(actor.userId, roomId);
    });
  }
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function auditEntries({ userId: actorId }: Actor, { active }: Room, changed: readonly Field[]): AuditEntry[] {
  const edited = changed.filter((field) => field !== 'active');
  return [
    ...(changed.includes('active') ? [{ actorId, action: active ? ('room_unarchived' as const) : ('room_archived' as const) }] : []),
    ...(edited.length > 0 ? [{ actorId, action: 'room_edited' as const, detail: { fields: edited } }] : []),
  ];
}
