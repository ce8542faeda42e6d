import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RedisConnections } from '../../redis/redis-connections.js';

const PREFIX = 'parley:';

/**
 * What the processes tell each other through Redis: hints, never waited for. A channel for each room, and for each person; a process listens
 * to those of its own sockets alone. Without Redis, or while it is away, nothing is said and the log is read instead.
 */
@Injectable()
export class PubSub {
  /** Its own words come back to a process that listens; it has acted upon them already. */
  private readonly self = randomUUID();

  constructor(private readonly redis: RedisConnections) {}

  publish(channel: string, text: string): void {
    if (this.redis.status !== 'off') this.redis.publish(PREFIX + channel, Buffer.from(`${this.self}${text}`));
  }

  subscribe(channel: string, hear: (text: string) => void): void {
    if (this.redis.status === 'off') return;
    this.redis.subscribe(PREFIX + channel, (payload) => {
      const said = payload.toString();
      if (!said.startsWith(this.self)) hear(said.slice(this.self.length));
    });
  }

  unsubscribe(channel: string): void {
    if (this.redis.status !== 'off') this.redis.unsubscribe(PREFIX + channel);
  }
}
