import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { TokenInvalid } from '../../auth/auth.errors.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import { type ChatSocket, Connection } from '../hub/connection.js';
import { RefreshAuthEvent, WatchPresenceEvent } from '../wire/client-events.dto.js';
import { Handshake } from './handshake.service.js';
import { Presence } from '../presence/presence.service.js';
import type { AuthRefreshAck, PresenceAck } from '../wire/wire.view.js';

/** What clients say about people: whom they follow, and who they are. */
@ChatGateway()
export class UsersGateway {
  constructor(
    private readonly presence: Presence,
    private readonly handshake: Handshake,
  ) {}

  @SubscribeMessage('presence:watch')
  async watchPresence(@ConnectedSocket() socket: ChatSocket, @MessageBody() { userIds }: WatchPresenceEvent): Promise<PresenceAck> {
    return { presence: await this.presence.watch(Connection.of(socket), userIds) };
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
