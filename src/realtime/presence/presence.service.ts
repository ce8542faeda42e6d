import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import { BlockChanged, FriendRemoved, FriendRequestApproved } from '../../friends/friends.events.js';
import { Relations } from '../../friends/relations.service.js';
import { RedisConnections } from '../../redis/redis-connections.js';
import { MeChanged } from '../../users/users.events.js';
import type { Connection } from '../hub/connection.js';
import { UserHub } from '../hub/user-hub.service.js';
import { MemoryPresence, type PresenceStore, RedisPresence, SEEN_FOR_MS, type Sighting } from './presence-store.js';
import { PresenceWatchers } from './presence-watchers.service.js';
import type { PresenceView } from '../wire/wire.view.js';

/** What a socket was told of each whom it watches. */
interface LastSent {
  readonly online: Map<string, boolean>;
  /** While the answer to `watch` is being read: what is to be told goes into it, being newer. */
  meanwhile: Map<string, PresenceView> | null;
}

const HIDDEN: Sighting = { online: false, lastSeen: null };

/** Who is there. Judged by privacy and blocks at every telling; never asked of all processes. */
@Injectable()
export class Presence implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(Presence.name);
  private readonly store: PresenceStore;
  private readonly lastSent = new WeakMap<Connection, LastSent>();
  /** Whether those who are watched were there at the last look. */
  private online = new Map<string, boolean>();
  private readonly writing = new Set<Promise<void>>();
  private beat?: NodeJS.Timeout;

  constructor(
    private readonly role: ProcessRole,
    redis: RedisConnections,
    private readonly events: DomainEvents,
    private readonly relations: Relations,
    private readonly userHub: UserHub,
    private readonly watchers: PresenceWatchers,
  ) {
    this.store = redis.status === 'off' ? new MemoryPresence() : new RedisPresence(redis);
  }

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.watchers.onChange('presence', (userId) => void this.quietly(this.tellOf(userId)));
    this.events.on(MeChanged, ({ userId }) => this.watchers.publishChange(userId, 'presence'));
    this.events.on(FriendRequestApproved, ({ friendRequest: { fromUser, toUser } }) => this.lookAgain(fromUser.id, toUser.id));
    this.events.on(FriendRemoved, ({ users: [one, other] }) => this.lookAgain(one.userId, other.userId));
    this.events.on(BlockChanged, ({ userIds }) => this.lookAgain(...userIds));
    this.beat = setInterval(() => void this.quietly(this.keep()), SEEN_FOR_MS / 3).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.beat);
  }

  connected(connection: Connection): void {
    if (connection.socket.disconnected) return;
    this.write(this.store.seen(connection.userId, [connection.socket.id]), connection.userId);
  }

  disconnected(connection: Connection): void {
    this.watchers.set(connection, []);
    this.write(this.store.closed(connection.userId, connection.socket.id), connection.userId);
  }

  /** Follows these people from now on; those whom the person may not see look as if they were away. */
  async watch(connection: Connection, userIds: readonly string[]): Promise<PresenceView[]> {
    const wanted = [...new Set(userIds)];
    const meanwhile = new Map<string, PresenceView>();
    const told: LastSent = { online: new Map(), meanwhile };
    this.lastSent.set(connection, told);
    this.watchers.set(connection, wanted);
    try {
      const [seen, visible] = await Promise.all([this.store.read(wanted), this.relations.filterPresenceVisible(connection.userId, wanted)]);
      const read = wanted.map((userId) => viewOf(userId, visible.has(userId) ? (seen.get(userId) ?? HIDDEN) : HIDDEN));
      const answer = read.map((view) => meanwhile.get(view.userId) ?? view);
      for (const { userId, online } of answer) told.online.set(userId, online);
      return answer;
    } finally {
      told.meanwhile = null;
    }
  }

  /** Resolves when it is known everywhere who has left. */
  async flush(): Promise<void> {
    await Promise.all(this.writing);
  }

  private lookAgain(...userIds: string[]): void {
    for (const userId of userIds) this.watchers.publishChange(userId, 'presence');
  }

  private write(done: void | Promise<void>, userId: string): void {
    const telling = Promise.resolve(done)
      .then(() => this.watchers.publishChange(userId, 'presence'))
      .catch((error: unknown) => this.log.warn(String(error)));
    this.writing.add(telling);
    void telling.finally(() => this.writing.delete(telling));
  }

  /** Tells each who watches the person what is new to them. */
  private async tellOf(userId: string): Promise<void> {
    const watching = this.watchers.of(userId);
    if (watching.length === 0) return;
    const [viewers, seen] = await Promise.all([
      this.relations.filterPresenceViewers(userId, [...new Set(watching.map((connection) => connection.userId))]),
      this.store.read([userId]),
    ]);
    const there = seen.get(userId) ?? HIDDEN;
    this.online.set(userId, there.online);
    for (const connection of watching) {
      const view = viewOf(userId, viewers.has(connection.userId) ? there : HIDDEN);
      const told = this.lastSent.get(connection);
      told?.meanwhile?.set(userId, view);
      if (!told || told.meanwhile || told.online.get(userId) === view.online) continue;
      told.online.set(userId, view.online);
      connection.emit('presence', view);
    }
  }

  /** Says that one's own connections are still there, and notices those whose process is not. */
  private async keep(): Promise<void> {
    for (const { userId, connections } of this.userHub.all()) {
      await this.store.seen(
        userId,
        [...connections].map(({ socket }) => socket.id),
      );
    }
    const watched = this.watchers.everybodyWatched();
    const before = this.online;
    this.online = new Map();
    for (const some of chunks(watched, 500)) {
      for (const [userId, { online }] of await this.store.read(some)) {
        this.online.set(userId, online);
        if (before.get(userId) !== online) await this.tellOf(userId);
      }
    }
  }

  private quietly(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => this.log.warn(`Presence could not be told: ${String(error)}`));
  }
}

const viewOf = (userId: string, { online, lastSeen }: Sighting): PresenceView => ({
  userId,
  online,
  lastActiveAt: lastSeen === null ? null : new Date(lastSeen).toISOString(),
});
