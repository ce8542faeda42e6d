import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { TokenInvalid } from '../../auth/auth.errors.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import type { ChatSocket } from '../connection.js';
import { RefreshAuthEvent, WatchPresenceEvent } from '../dto/client-events.dto.js';
import { Handshake } from './handshake.service.js';
import { Presence } from '../presence/presence.service.js';
import type { AuthRefreshAck, PresenceAck } from '../wire.view.js';

/** What clients say about people: whom they follow, and who they are. */
@ChatGateway()
export class UsersGateway {
  constructor(
    private readonly presence: Presence,
    private readonly handshake: Handshake,
  ) {}

  @SubscribeMessage('presence:watch')
  async watchPresence(@ConnectedSocket() { data }: ChatSocket, @MessageBody() { userIds }: WatchPresenceEvent): Promise<PresenceAck> {
    return { presence: await this.presence.watch(data.connection, userIds) };
  }

  @SubscribeMessage('auth:refresh')
  async refreshAuth(@ConnectedSocket() socket: ChatSocket, @MessageBody() { token }: RefreshAuthEvent): Promise<AuthRefreshAck> {
    const { actor } = socket.data;
    const { userId, sessionId, expiresAt } = await this.handshake.verify(token, socket);
    if (userId !== actor.userId || sessionId !== actor.sessionId) throw new TokenInvalid();
    if (expiresAt > socket.data.expiresAt) socket.data.expiresAt = expiresAt;
    return { expiresAt: socket.data.expiresAt.toISOString() };
  }
}
