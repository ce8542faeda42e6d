import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { Settings } from '../config/settings.js';
import { ReadMarks } from '../room-users/read-marks.service.js';
import type { ReadStateView } from '../room-users/room-user.view.js';
import { ArrivalQueries } from './arrival.queries.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import type { ChatSocket } from './connection.js';
import { ReadRoomEvent, RoomsEvent, TypingEvent } from './dto/client-events.dto.js';
import { Typing } from './typing.service.js';
import type { EmptyAck, RoomsAck } from './wire.view.js';

/** What clients say about rooms. */
@ChatGateway()
export class RoomsGateway {
  constructor(
    private readonly marks: ReadMarks,
    private readonly queries: ArrivalQueries,
    private readonly settings: Settings,
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

  @SubscribeMessage('rooms')
  async rooms(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { after }: RoomsEvent): Promise<RoomsAck> {
    const { syncRooms } = this.settings.realtime;
    const found = await this.queries.byId(data.actor.userId, after ?? null, syncRooms + 1);
    const rooms = found.slice(0, syncRooms);
    return { rooms, next: found.length > syncRooms ? (rooms.at(-1)?.roomId ?? null) : null };
  }
}
