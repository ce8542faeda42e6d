import type { RedisConnections } from '../../redis/redis-connections.js';

/** A connection that was not seen for this long is offline, even if its process did not close it. */
export const SEEN_FOR_MS = 60_000;
const REMEMBERED_S = 30 * 86_400;
const MAX_REMEMBERED_USERS = 100_000;
/** The member that represents all closed connections. */
const CLOSED = 'closed';
const KEY = 'parley:seen:';

export interface Sighting {
  online: boolean;
  /** Milliseconds; null: never, or long ago. */
  lastSeen: number | null;
}

/** When each connection of a user was last seen. */
export interface PresenceStore {
  markSeen(userId: string, connections: readonly string[]): void | Promise<void>;
  markClosed(userId: string, connection: string): void | Promise<void>;
  readSightings(userIds: readonly string[]): Map<string, Sighting> | Promise<Map<string, Sighting>>;
}

const sightingOf = (seen: Iterable<readonly [string, number]>): Sighting => {
  const times = [...seen];
  const since = Date.now() - SEEN_FOR_MS;
  return {
    online: times.some(([connection, at]) => connection !== CLOSED && at > since),
    lastSeen: times.length > 0 ? Math.max(...times.map(([, at]) => at)) : null,
  };
};

/** For a single process. */
export class MemoryPresence implements PresenceStore {
  private readonly users = new Map<string, Map<string, number>>();

  markSeen(userId: string, connections: readonly string[]): void {
    const times = this.users.get(userId) ?? new Map<string, number>();
    for (const connection of connections) times.set(connection, Date.now());
    this.remember(userId, times);
  }

  markClosed(userId: string, connection: string): void {
    const times = this.users.get(userId) ?? new Map<string, number>();
    times.delete(connection);
    this.remember(userId, times.set(CLOSED, Date.now()));
  }

  readSightings(userIds: readonly string[]): Map<string, Sighting> {
    return new Map(userIds.map((userId) => [userId, sightingOf(this.users.get(userId) ?? [])]));
  }

  private remember(userId: string, times: Map<string, number>): void {
    this.users.delete(userId);
    this.users.set(userId, times);
    const [oldest] = this.users.keys();
    if (this.users.size > MAX_REMEMBERED_USERS && oldest !== undefined) this.users.delete(oldest);
  }
}

/**
 * For several processes: one sorted set per user, its connections by the time at which each was last seen. While Redis is down, a process
 * sees its own connections only.
 */
export class RedisPresence implements PresenceStore {
  private readonly own = new MemoryPresence();

  constructor(private readonly redis: RedisConnections) {}

  async markSeen(userId: string, connections: readonly string[]): Promise<void> {
    this.own.markSeen(userId, connections);
    await this.write(userId, ...connections.flatMap((connection) => [String(Date.now()), connection]));
  }

  async markClosed(userId: string, connection: string): Promise<void> {
    this.own.markClosed(userId, connection);
    await this.redis.command('ZREM', KEY + userId, connection).catch(() => undefined);
    await this.write(userId, String(Date.now()), CLOSED);
  }

  async readSightings(userIds: readonly string[]): Promise<Map<string, Sighting>> {
    try {
      return new Map(await Promise.all(userIds.map(async (userId) => [userId, sightingOf(await this.readTimes(userId))] as const)));
    } catch {
      return this.own.readSightings(userIds);
    }
  }

  private async readTimes(userId: string): Promise<[string, number][]> {
    const answer = await this.redis.command<unknown[]>('ZRANGE', KEY + userId, '0', '-1', 'WITHSCORES');
    const pairs: [string, number][] = [];
    const words = answer.flat().map(String);
    for (let at = 0; at + 1 < words.length; at += 2) pairs.push([words[at] ?? '', Number(words[at + 1])]);
    return pairs;
  }

  private async write(userId: string, ...scores: string[]): Promise<void> {
    try {
      await this.redis.command('ZADD', KEY + userId, ...scores);
      // Connections of a process that was killed.
      await this.redis.command('ZREMRANGEBYSCORE', KEY + userId, '-inf', String(Date.now() - 10 * SEEN_FOR_MS));
      await this.redis.command('EXPIRE', KEY + userId, String(REMEMBERED_S));
    } catch {
      // Redis is down; the next heartbeat writes again.
    }
  }
}
