import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { MessageDeletion } from '../../messages/message-deletion.service.js';
import { MessageEditing } from '../../messages/message-editing.service.js';
import { ReactionsService } from '../../reactions/reactions.service.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import { type ChatSocket, Connection } from '../hub/connection.js';
import { EditMessageEvent, MessageEvent, ReactionEvent, TeamFrameEvent } from '../wire/client-events.dto.js';
import { TeamFrames } from './team-frames.service.js';
import type { MessageAck } from '../wire/wire.view.js';

/** Client events about messages, except `message:send` (SendHandler). */
@ChatGateway()
export class MessagesGateway {
  constructor(
    private readonly editing: MessageEditing,
    private readonly deletion: MessageDeletion,
    private readonly reactions: ReactionsService,
    private readonly teamFrames: TeamFrames,
  ) {}

  @SubscribeMessage('message:edit')
  async editMessage(
    @ConnectedSocket() { data }: ChatSocket,
    @MessageBody() { roomId, messageId, text }: EditMessageEvent,
  ): Promise<MessageAck> {
    return { message: await this.editing.editMessage(data.actor, roomId, messageId, text) };
  }

  @SubscribeMessage('message:delete')
  async deleteMessage(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { roomId, messageId }: MessageEvent): Promise<MessageAck> {
    return { message: await this.deletion.deleteMessage(data.actor, roomId, messageId) };
  }

  @SubscribeMessage('reaction:add')
  async addReaction(
    @ConnectedSocket() { data }: ChatSocket,
    @MessageBody() { roomId, messageId, reaction }: ReactionEvent,
  ): Promise<MessageAck> {
    const { message } = await this.reactions.addReaction(data.actor, roomId, messageId, reaction);
    return { message };
  }

  @SubscribeMessage('reaction:remove')
  async removeReaction(
    @ConnectedSocket() { data }: ChatSocket,
    @MessageBody() { roomId, messageId, reaction }: ReactionEvent,
  ): Promise<MessageAck> {
    return { message: await this.reactions.removeReaction(data.actor, roomId, messageId, reaction) };
  }

  @SubscribeMessage('message')
  async sendTeamFrame(@ConnectedSocket() socket: ChatSocket, @MessageBody() frame: TeamFrameEvent): Promise<MessageAck> {
    return { message: await this.teamFrames.sendTeamFrame(Connection.of(socket), frame) };
  }
}
