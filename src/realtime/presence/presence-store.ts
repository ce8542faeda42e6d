import type { RedisConnections } from '../../redis/redis-connections.js';

/** A connection that was not seen for this long is gone, whatever became of its process. */
export const SEEN_FOR_MS = 60_000;
const REMEMBERED_S = 30 * 86_400;
/** People whom one process remembers. */
const MOST_REMEMBERED = 100_000;
/** Stands for the connections that were closed. */
const CLOSED = 'closed';
const KEY = 'parley:seen:';

export interface Sighting {
  online: boolean;
  /** Milliseconds; null: never, or long ago. */
  lastSeen: number | null;
}

/** When each connection of a person was last seen. */
export interface PresenceStore {
  seen(userId: string, connections: readonly string[]): void | Promise<void>;
  closed(userId: string, connection: string): void | Promise<void>;
  read(userIds: readonly string[]): Map<string, Sighting> | Promise<Map<string, Sighting>>;
}

const sightingOf = (seen: Iterable<readonly [string, number]>): Sighting => {
  const times = [...seen];
  const since = Date.now() - SEEN_FOR_MS;
  return {
    online: times.some(([connection, at]) => connection !== CLOSED && at > since),
    lastSeen: times.length > 0 ? Math.max(...times.map(([, at]) => at)) : null,
  };
};

/** For one process alone. */
export class MemoryPresence implements PresenceStore {
  private readonly people = new Map<string, Map<string, number>>();

  seen(userId: string, connections: readonly string[]): void {
    const times = this.people.get(userId) ?? new Map<string, number>();
    for (const connection of connections) times.set(connection, Date.now());
    this.remember(userId, times);
  }

  closed(userId: string, connection: string): void {
    const times = this.people.get(userId) ?? new Map<string, number>();
    times.delete(connection);
    this.remember(userId, times.set(CLOSED, Date.now()));
  }

  read(userIds: readonly string[]): Map<string, Sighting> {
    return new Map(userIds.map((userId) => [userId, sightingOf(this.people.get(userId) ?? [])]));
  }

  private remember(userId: string, times: Map<string, number>): void {
    this.people.delete(userId);
    this.people.set(userId, times);
    const [oldest] = this.people.keys();
    if (this.people.size > MOST_REMEMBERED && oldest !== undefined) this.people.delete(oldest);
  }
}

/**
 * For several: a sorted set a person, by the time at which each connection was last seen. While Redis is away each process knows its own
 * connections.
 */
export class RedisPresence implements PresenceStore {
  private readonly own = new MemoryPresence();

  constructor(private readonly redis: RedisConnections) {}

  async seen(userId: string, connections: readonly string[]): Promise<void> {
    this.own.seen(userId, connections);
    await this.write(userId, ...connections.flatMap((connection) => [String(Date.now()), connection]));
  }

  async closed(userId: string, connection: string): Promise<void> {
    this.own.closed(userId, connection);
    await this.redis.command('ZREM', KEY + userId, connection).catch(() => undefined);
    await this.write(userId, String(Date.now()), CLOSED);
  }

  async read(userIds: readonly string[]): Promise<Map<string, Sighting>> {
    try {
      const all = await Promise.all(userIds.map(async (userId) => [userId, sightingOf(await this.times(userId))] as const));
      return new Map(all);
    } catch {
      return this.own.read(userIds);
    }
  }

  private async times(userId: string): Promise<[string, number][]> {
    const flat = await this.redis.command<unknown[]>('ZRANGE', KEY + userId, '0', '-1', 'WITHSCORES');
    const pairs: [string, number][] = [];
    const words = flat.flat().map(String);
    for (let at = 0; at + 1 < words.length; at += 2) pairs.push([words[at] ?? '', Number(words[at + 1])]);
    return pairs;
  }

  private async write(userId: string, ...scores: string[]): Promise<void> {
    try {
      await this.redis.command('ZADD', KEY + userId, ...scores);
      // What a process left behind when it died goes as soon as somebody is seen.
      await this.redis.command('ZREMRANGEBYSCORE', KEY + userId, '-inf', String(Date.now() - 10 * SEEN_FOR_MS));
      await this.redis.command('EXPIRE', KEY + userId, String(REMEMBERED_S));
    } catch {
      // Away: it is seen again in a moment.
    }
  }
}
