import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { ReadMarks } from '../../room-users/read-marks.service.js';
import type { ReadStateView } from '../../room-users/room-user.view.js';
import type { RoomHeadsView, SyncView } from '../../sync/changes.view.js';
import { RoomHeadsDto, SyncDto } from '../../sync/dto/sync.dto.js';
import { SyncService } from '../../sync/sync.service.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import type { ChatSocket } from '../connection.js';
import { ReadRoomEvent, TypingEvent } from '../dto/client-events.dto.js';
import { Typing } from '../presence/typing.service.js';
import type { EmptyAck } from '../wire.view.js';

/** What clients say about rooms. */
@ChatGateway()
export class RoomsGateway {
  constructor(
    private readonly marks: ReadMarks,
    private readonly synced: SyncService,
    private readonly typing: Typing,
  ) {}

  @SubscribeMessage('room:read')
  read(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, seq }: ReadRoomEvent): Promise<ReadStateView> {
    return this.marks.mark(data.actor, roomId, seq);
  }

  @SubscribeMessage('typing')
  async type(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, typing }: TypingEvent): Promise<EmptyAck> {
    await this.typing.say(data.actor, roomId, typing);
    return {};
  }

  @SubscribeMessage('sync')
  sync(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { rooms }: SyncDto): Promise<SyncView> {
    return this.synced.sync(data.actor, rooms);
  }

  @SubscribeMessage('rooms')
  rooms(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { after }: RoomHeadsDto): Promise<RoomHeadsView> {
    return this.synced.heads(data.actor, after ?? null);
  }
}
