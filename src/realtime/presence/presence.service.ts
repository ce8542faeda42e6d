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
import type { PresenceView } from '../wire/wire.view.js';
import { MemoryPresence, type PresenceStore, RedisPresence, SEEN_FOR_MS, type Sighting } from './presence-store.js';
import { PresenceWatchers } from './presence-watchers.service.js';

/** What a connection was last sent of each user whom it watches. */
interface LastSent {
  readonly online: Map<string, boolean>;
  /** Changes while the answer to `watch` is read: they are newer, and go into the answer. */
  meanwhile: Map<string, PresenceView> | null;
}

const HIDDEN: Sighting = { online: false, lastSeen: null };
const USERS_PER_READ = 500;

/** Which users are online. Privacy and blocks are checked for every event; no process asks the others. */
@Injectable()
export class Presence implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(Presence.name);
  private readonly store: PresenceStore;
  private readonly lastSent = new WeakMap<Connection, LastSent>();
  /** Whether each watched user was online at the last heartbeat. */
  private online = new Map<string, boolean>();
  private readonly writes = new Set<Promise<void>>();
  private heartbeat?: NodeJS.Timeout;

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
    const publish = (...userIds: string[]): void => userIds.forEach((userId) => this.watchers.publishChange(userId, 'presence'));
    this.watchers.onChange('presence', (userId) => this.runLogged(this.emitChanges(userId)));
    this.events.on(MeChanged, ({ userId }) => publish(userId));
    this.events.on(FriendRequestApproved, ({ friendRequest: { fromUser, toUser } }) => publish(fromUser.id, toUser.id));
    this.events.on(FriendRemoved, ({ users: [one, other] }) => publish(one.userId, other.userId));
    this.events.on(BlockChanged, ({ userIds }) => publish(...userIds));
    this.heartbeat = setInterval(() => this.runLogged(this.beat()), SEEN_FOR_MS / 3).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.heartbeat);
  }

  connected({ userId, socket }: Connection): void {
    if (!socket.disconnected) this.publishAfter(this.store.markSeen(userId, [socket.id]), userId);
  }

  disconnected(connection: Connection): void {
    this.watchers.setWatched(connection, []);
    this.publishAfter(this.store.markClosed(connection.userId, connection.socket.id), connection.userId);
  }

  /** Watches these users. Users whose presence is hidden from the caller appear offline. */
  async watchPresence(connection: Connection, userIds: readonly string[]): Promise<PresenceView[]> {
    const wanted = [...new Set(userIds)];
    const meanwhile = new Map<string, PresenceView>();
    const lastSent: LastSent = { online: new Map(), meanwhile };
    this.lastSent.set(connection, lastSent);
    this.watchers.setWatched(connection, wanted);
    try {
      const [sightings, visible] = await Promise.all([
        this.store.readSightings(wanted),
        this.relations.filterPresenceVisible(connection.userId, wanted),
      ]);
      const read = wanted.map((userId) => viewOf(userId, visible.has(userId) ? (sightings.get(userId) ?? HIDDEN) : HIDDEN));
      const answer = read.map((view) => meanwhile.get(view.userId) ?? view);
      for (const { userId, online } of answer) lastSent.online.set(userId, online);
      return answer;
    } finally {
      lastSent.meanwhile = null;
    }
  }

  /** Resolves when all closed connections have been written and published. */
  async flush(): Promise<void> {
    await Promise.all(this.writes);
  }

  private publishAfter(write: void | Promise<void>, userId: string): void {
    const published = Promise.resolve(write)
      .then(() => this.watchers.publishChange(userId, 'presence'))
      .catch((error: unknown) => this.log.warn(String(error)));
    this.writes.add(published);
    void published.finally(() => this.writes.delete(published));
  }

  /** Emits `presence` to each watcher in this process for whom it has changed. */
  private async emitChanges(userId: string): Promise<void> {
    const watchers = this.watchers.watchersOf(userId);
    if (watchers.length === 0) return;
    const [viewers, sightings] = await Promise.all([
      this.relations.filterPresenceViewers(userId, [...new Set(watchers.map((connection) => connection.userId))]),
      this.store.readSightings([userId]),
    ]);
    const sighting = sightings.get(userId) ?? HIDDEN;
    this.online.set(userId, sighting.online);
    for (const connection of watchers) {
      const view = viewOf(userId, viewers.has(connection.userId) ? sighting : HIDDEN);
      const lastSent = this.lastSent.get(connection);
      lastSent?.meanwhile?.set(userId, view);
      if (!lastSent || lastSent.meanwhile || lastSent.online.get(userId) === view.online) continue;
      lastSent.online.set(userId, view.online);
      connection.emit('presence', view);
    }
  }

  /** Renews the connections of this process, and detects those of processes that were killed. */
  private async beat(): Promise<void> {
    for (const { userId, connections } of this.userHub.listUsers()) {
      const ids = [...connections].map(({ socket }) => socket.id);
      await this.store.markSeen(userId, ids);
    }
    const before = this.online;
    this.online = new Map();
    for (const userIds of chunks(this.watchers.listWatched(), USERS_PER_READ)) {
      for (const [userId, { online }] of await this.store.readSightings(userIds)) {
        this.online.set(userId, online);
        if (before.get(userId) !== online) await this.emitChanges(userId);
      }
    }
  }

  private runLogged(work: Promise<void>): void {
    work.catch((error: unknown) => this.log.warn(`Presence could not be published: ${String(error)}`));
  }
}

const viewOf = (userId: string, { online, lastSeen }: Sighting): PresenceView => ({
  userId,
  online,
  lastActiveAt: lastSeen === null ? null : new Date(lastSeen).toISOString(),
});
