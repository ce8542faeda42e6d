import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { ReadMarks } from '../../room-users/read-marks.service.js';
import type { ReadStateView } from '../../room-users/room-user.view.js';
import type { RoomHeadsView, SyncView } from '../../sync/changes.view.js';
import { RoomHeadsDto, SyncDto } from '../../sync/dto/sync.dto.js';
import { SyncService } from '../../sync/sync.service.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import type { ChatSocket } from '../hub/connection.js';
import { ReadRoomEvent, TypingEvent } from '../wire/client-events.dto.js';
import { Typing } from '../presence/typing.service.js';
import type { EmptyAck } from '../wire/wire.view.js';

/** Client events about rooms. */
@ChatGateway()
export class RoomsGateway {
  constructor(
    private readonly marks: ReadMarks,
    private readonly sync: SyncService,
    private readonly typing: Typing,
  ) {}

  @SubscribeMessage('room:read')
  markRead(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, seq }: ReadRoomEvent): Promise<ReadStateView> {
    return this.marks.markRead(data.actor, roomId, seq);
  }

  @SubscribeMessage('typing')
  async setTyping(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, typing }: TypingEvent): Promise<EmptyAck> {
    await this.typing.setTyping(data.actor, roomId, typing);
    return {};
  }

  @SubscribeMessage('sync')
  syncRooms(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { rooms }: SyncDto): Promise<SyncView> {
    return this.sync.syncRooms(data.actor, rooms);
  }

  @SubscribeMessage('rooms')
  listRoomHeads(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { after }: RoomHeadsDto): Promise<RoomHeadsView> {
    return this.sync.listRoomHeads(data.actor, after ?? null);
  }
}
