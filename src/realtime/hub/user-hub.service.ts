import { Injectable, Logger } from '@nestjs/common';
import type { Connection, UserPacket } from './connection.js';
import { JsonText } from '../adapter/json-text.js';
import type { ServerEventName } from '../wire/wire.js';
import { SocketServer } from '../adapter/socket-server.service.js';

/** What a process must do for a person whose sockets it has; each reads for itself what its people see. */
export type UserHint =
  | { do: 'say'; event: ServerEventName; my: number | null }
  | { do: 'enter'; roomId: string; my: number }
  | { do: 'membership'; roomId: string; my: number | null }
  | { do: 'me'; my: number };

type Act = (user: UserConnections, hint: Exclude<UserHint, { do: 'say' }>) => void;

/** How long a personal change waits for one before it: of two that follow each other, the second may be heard of first. */
const PATIENCE_MS = 250;

/** A person with sockets in this process. */
export class UserConnections {
  readonly connections = new Set<Connection>();
  /** The newest personal change that was told here; -1: none of the sockets was greeted yet. */
  my = -1;
  /** How often changes were passed over, and not looked at since: one of them may have been a room, which is not heard. */
  holes = 0;
  /** What came before its turn. */
  private outOfOrder: UserPacket[] = [];
  private readonly log = new Logger('UserConnections');
  private last: Promise<void> = Promise.resolve();
  private queued = 0;

  constructor(readonly userId: string) {}

  /** Runs one thing after the other, so that what a person hears keeps its order though each must be read first. */
  queue(work: () => Promise<void> | void): Promise<void> {
    this.queued++;
    this.last = this.last
      .then(work)
      .catch((error: unknown) => this.log.error(error instanceof Error ? error.stack : String(error)))
      .finally(() => this.queued--);
    return this.last;
  }

  send(packet: UserPacket): void {
    if (this.queued > 0) void this.queue(() => this.deliver(packet));
    else this.deliver(packet);
  }

  /** One socket is told of everything up to `my`: the others may have missed of it what came before, and it what they heard already. */
  advanceOnReady(my: number): void {
    if (this.my >= 0 && this.my !== my) this.holes++;
    this.advanceTo(my);
  }

  /** What is missing up to `my` is not waited for any longer. */
  skipTo(my: number): void {
    if (this.my >= 0 && this.my < my) this.holes++;
    this.advanceTo(my);
  }

  /** It was told of everything up to `my`, and hears what waited for it. */
  advanceTo(my: number): void {
    this.my = Math.max(this.my, my);
    for (let next = this.outOfOrder[0]; next && !this.isEarly(next); next = this.outOfOrder[0]) {
      this.outOfOrder.shift();
      this.my = Math.max(this.my, next.my ?? this.my);
      for (const connection of this.connections) connection.emitWhenReady(next);
    }
  }

  /** From within the queue. In the order of the numbers, as far as what is missing comes in time. */
  deliver(packet: UserPacket): void {
    this.outOfOrder.push(packet);
    this.outOfOrder.sort((a, b) => (a.my ?? 0) - (b.my ?? 0));
    this.advanceTo(this.my);
    if (!this.outOfOrder.includes(packet)) return;
    setTimeout(() => {
      if (this.outOfOrder.includes(packet)) this.skipTo((packet.my ?? 0) - 1);
    }, PATIENCE_MS).unref();
  }

  private isEarly({ my }: UserPacket): boolean {
    return my !== null && this.my >= 0 && my > this.my + 1;
  }
}

/** The people who have sockets in this process, by person and by session. */
@Injectable()
export class UserHub {
  private readonly users = new Map<string, UserConnections>();
  private readonly sessions = new Map<string, Set<Connection>>();
  private act: Act = () => undefined;

  constructor(private readonly server: SocketServer) {}

  /** Who does what a hint says. One. */
  onHint(act: Act): void {
    this.act = act;
  }

  all(): UserConnections[] {
    return [...this.users.values()];
  }

  find(userId: string): UserConnections | undefined {
    return this.users.get(userId);
  }

  sessionIds(): string[] {
    return [...this.sessions.keys()];
  }

  ofSession(sessionId: string): Connection[] {
    return [...(this.sessions.get(sessionId) ?? [])];
  }

  add(connection: Connection): UserConnections {
    const { userId, sessionId } = connection.actor;
    if (sessionId) this.sessions.set(sessionId, (this.sessions.get(sessionId) ?? new Set()).add(connection));
    const user = this.users.get(userId) ?? this.welcome(userId);
    user.connections.add(connection);
    return user;
  }

  remove(connection: Connection): void {
    const { userId, sessionId } = connection.actor;
    const session = this.sessions.get(sessionId ?? '');
    if (session?.delete(connection) && session.size === 0) this.sessions.delete(sessionId ?? '');
    const person = this.users.get(userId);
    if (!person?.connections.delete(connection) || person.connections.size > 0) return;
    this.users.delete(userId);
    this.server.cluster?.unsubscribeHints(channelOf(userId));
  }

  /** Says it to all sockets of the person, wherever they are. */
  sendToUser(userId: string, packet: UserPacket): void {
    this.users.get(userId)?.send(packet);
    this.server.cluster?.publishHint(
      channelOf(userId),
      `${JSON.stringify({ do: 'say', event: packet.event, my: packet.my })}\n${packet.body.text}`,
    );
  }

  /** Does it for the sockets of the person in this process. */
  applyHint(userId: string, hint: Exclude<UserHint, { do: 'say' }>): void {
    const person = this.users.get(userId);
    if (person) this.act(person, hint);
  }

  /** Has every process that has sockets of the person do it. */
  publishHint(userId: string, hint: Exclude<UserHint, { do: 'say' }>): void {
    this.applyHint(userId, hint);
    this.server.cluster?.publishHint(channelOf(userId), `${JSON.stringify(hint)}\n`);
  }

  private welcome(userId: string): UserConnections {
    const user = new UserConnections(userId);
    this.users.set(userId, user);
    this.server.cluster?.subscribeHints(channelOf(userId), (text) => this.hear(user, text));
    return user;
  }

  private hear(user: UserConnections, text: string): void {
    const end = text.indexOf('\n');
    const hint = JSON.parse(text.slice(0, end)) as UserHint;
    if (hint.do === 'say') user.send({ event: hint.event, my: hint.my, body: new JsonText(text.slice(end + 1)) });
    else this.act(user, hint);
  }
}

const channelOf = (userId: string): string => `user:${userId}`;
