import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { TokenInvalid } from '../../auth/auth.errors.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import { type ChatSocket, Connection } from '../hub/connection.js';
import { RefreshAuthEvent, WatchPresenceEvent } from '../wire/client-events.dto.js';
import { Handshake } from './handshake.service.js';
import { Presence } from '../presence/presence.service.js';
import type { AuthRefreshAck, PresenceAck } from '../wire/wire.view.js';

/** Client events about users: watching presence, and the caller's own token. */
@ChatGateway()
export class UsersGateway {
  constructor(
    private readonly presence: Presence,
    private readonly handshake: Handshake,
  ) {}

  @SubscribeMessage('presence:watch')
  async watchPresence(@ConnectedSocket() socket: ChatSocket, @MessageBody() { userIds }: WatchPresenceEvent): Promise<PresenceAck> {
    return { presence: await this.presence.watchPresence(Connection.of(socket), userIds) };
  }

  @SubscribeMessage('auth:refresh')
  async refreshAuth(@ConnectedSocket() socket: ChatSocket, @MessageBody() { token }: RefreshAuthEvent): Promise<AuthRefreshAck> {
    const { actor } = socket.data;
    const { userId, sessionId, expiresAt } = await this.handshake.verifyToken(token, socket);
    if (userId !== actor.userId || sessionId !== actor.sessionId) throw new TokenInvalid();
    socket.data.expiresAt = Math.max(socket.data.expiresAt, expiresAt.getTime());
    return { expiresAt: new Date(socket.data.expiresAt).toISOString() };
  }
}
