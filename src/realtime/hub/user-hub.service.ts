import { Injectable } from '@nestjs/common';
import { JsonText } from '../adapter/json-text.js';
import { SocketServer } from '../adapter/socket-server.service.js';
import type { ServerEventName } from '../wire/wire.js';
import type { Connection, UserPacket } from './connection.js';
import { UserConnections } from './user-connections.js';

/** A task for every process with sockets of a user; each reads from the database what the user may see. */
export type UserHint =
  { do: 'enter'; roomId: string; my: number } | { do: 'membership'; roomId: string; my: number | null } | { do: 'me'; my: number };

/** What processes send each other: a hint, or the head of a packet. */
type UserMessage = UserHint | { do: 'say'; event: ServerEventName; my: number | null };

type HintHandler = (user: UserConnections, hint: UserHint) => void;

/** The users with sockets in this process, and the sockets of each session. */
@Injectable()
export class UserHub {
  private readonly users = new Map<string, UserConnections>();
  private readonly sessions = new Map<string, Set<Connection>>();
  private handleHint: HintHandler = () => undefined;

  constructor(private readonly server: SocketServer) {}

  /** Sets the one handler of hints. */
  onHint(handler: HintHandler): void {
    this.handleHint = handler;
  }

  listUsers(): UserConnections[] {
    return [...this.users.values()];
  }

  findUser(userId: string): UserConnections | undefined {
    return this.users.get(userId);
  }

  sessionIds(): string[] {
    return [...this.sessions.keys()];
  }

  connectionsOfSession(sessionId: string): Connection[] {
    return [...(this.sessions.get(sessionId) ?? [])];
  }

  addConnection(connection: Connection): UserConnections {
    const { userId, sessionId } = connection.actor;
    if (sessionId) this.sessions.set(sessionId, (this.sessions.get(sessionId) ?? new Set()).add(connection));
    const user = this.users.get(userId) ?? this.addUser(userId);
    user.connections.add(connection);
    return user;
  }

  removeConnection(connection: Connection): void {
    const { userId, sessionId } = connection.actor;
    const session = this.sessions.get(sessionId ?? '');
    if (session?.delete(connection) && session.size === 0) this.sessions.delete(sessionId ?? '');
    const user = this.users.get(userId);
    if (!user?.connections.delete(connection) || user.connections.size > 0) return;
    this.users.delete(userId);
    this.server.cluster?.unsubscribeHints(hintChannel(userId));
  }

  /** Sends to all sockets of the user, in every process. */
  sendToUser(userId: string, packet: UserPacket): void {
    this.users.get(userId)?.send(packet);
    this.publishMessage(userId, { do: 'say', event: packet.event, my: packet.my }, packet.body.text);
  }

  /** Handles a hint for the user's sockets in this process. */
  applyHint(userId: string, hint: UserHint): void {
    const user = this.users.get(userId);
    if (user) this.handleHint(user, hint);
  }

  /** Has every process with sockets of the user handle the hint. */
  publishHint(userId: string, hint: UserHint): void {
    this.applyHint(userId, hint);
    this.publishMessage(userId, hint, '');
  }

  private publishMessage(userId: string, message: UserMessage, body: string): void {
    this.server.cluster?.publishHint(hintChannel(userId), `${JSON.stringify(message)}\n${body}`);
  }

  private addUser(userId: string): UserConnections {
    const user = new UserConnections(userId);
    this.users.set(userId, user);
    this.server.cluster?.subscribeHints(hintChannel(userId), (text) => this.receive(user, text));
    return user;
  }

  private receive(user: UserConnections, text: string): void {
    const end = text.indexOf('\n');
    const message = JSON.parse(text.slice(0, end)) as UserMessage;
    if ('event' in message) user.send({ event: message.event, my: message.my, body: new JsonText(text.slice(end + 1)) });
    else this.handleHint(user, message);
  }
}

const hintChannel = (userId: string): string => `user:${userId}`;
