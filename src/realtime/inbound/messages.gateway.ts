import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { MessagesService } from '../../messages/messages.service.js';
import { ReactionsService } from '../../reactions/reactions.service.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import type { ChatSocket } from '../connection.js';
import { EditMessageEvent, MessageEvent, ReactionEvent, TeamFrameEvent } from '../dto/client-events.dto.js';
import { TeamFrames } from '../team-frames.service.js';
import type { MessageAck } from '../wire.view.js';

/** What clients say about messages, but for the sending itself. */
@ChatGateway()
export class MessagesGateway {
  constructor(
    private readonly messages: MessagesService,
    private readonly reactions: ReactionsService,
    private readonly frames: TeamFrames,
  ) {}

  @SubscribeMessage('message:edit')
  async edit(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, messageId, text }: EditMessageEvent): Promise<MessageAck> {
    return { message: await this.messages.edit(data.actor, roomId, messageId, text) };
  }

  @SubscribeMessage('message:delete')
  async delete(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, messageId }: MessageEvent): Promise<MessageAck> {
    return { message: await this.messages.remove(data.actor, roomId, messageId) };
  }

  @SubscribeMessage('reaction:add')
  async react(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, messageId, reaction }: ReactionEvent): Promise<MessageAck> {
    const { message } = await this.reactions.add(data.actor, roomId, messageId, reaction);
    return { message };
  }

  @SubscribeMessage('reaction:remove')
  async unreact(
    @ConnectedSocket() { data }: ChatSocket,
    @MessageBody() { roomId, messageId, reaction }: ReactionEvent,
  ): Promise<MessageAck> {
    return { message: await this.reactions.remove(data.actor, roomId, messageId, reaction) };
  }

  @SubscribeMessage('message')
  async frame(@ConnectedSocket() { data }: ChatSocket, @MessageBody() frame: TeamFrameEvent): Promise<MessageAck> {
    return { message: await this.frames.send(data.connection, frame) };
  }
}
