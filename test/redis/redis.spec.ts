import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { RedisUnavailable } from '../../src/redis/redis.errors.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

// The log of Redis going down is expected here.
Logger.overrideLogger(false);

describe('the connections to Redis', () => {
  const opened: RedisConnections[] = [];
  let server: RedisServer;
  const connect = () => {
    const redis = new RedisConnections({ url: server.url, commandMs: 300, connectMs: 300, heartbeatMs: 50 });
    opened.push(redis);
    redis.onModuleInit();
    return redis;
  };
  const isUp = (redis: RedisConnections) => until('Redis is up', () => redis.status === 'up', 10_000);
  const isDown = (redis: RedisConnections) => until('Redis is down', () => redis.status === 'down', 10_000);
  /** Subscribes to a channel, and returns the list of its payloads. */
  const collect = (redis: RedisConnections, channel: string) => {
    const packets: string[] = [];
    redis.subscribe(channel, (payload) => packets.push(payload.toString()));
    return packets;
  };
  /** Publishes until the payload arrives, since a subscription takes time. */
  const publishUntilReceived = (from: RedisConnections, channel: string, packets: string[], text: string) =>
    until(`${text} on ${channel}`, () => {
      from.publish(channel, Buffer.from(text));
      return packets.includes(text);
    });

  beforeAll(async () => {
    await (await RedisServer.prepare()).stop(); // installs it if needed
  }, 300_000);
  beforeEach(async () => {
    server = await RedisServer.prepare();
  });
  afterEach(async () => {
    opened.splice(0).forEach((redis) => redis.close());
    await server.stop();
  });

  it('are off without a URL', async () => {
    const redis = new RedisConnections({ url: null });
    redis.onModuleInit();
    redis.subscribe('c', () => undefined);
    expect(redis.status).toBe('off');
    expect(redis.publish('c', Buffer.from('x'))).toBe(false);
    await expect(redis.command('PING')).rejects.toBeInstanceOf(RedisUnavailable);
    redis.close();
  });

  it('carry bytes between processes, on subscribed channels only', async () => {
    await server.up();
    const [a, b] = [connect(), connect()];
    await Promise.all([isUp(a), isUp(b)]);
    expect(a.supportsSharded).toBe(true);
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    const packets: [string, string][] = [];
    b.subscribe('one', (payload, channel) => packets.push([channel, payload.toString('hex')]));
    await until('the bytes', () => {
      a.publish('two', bytes);
      a.publish('one', bytes);
      return packets.length > 0;
    });
    expect(packets[0]).toEqual(['one', bytes.toString('hex')]);
    expect(packets.some(([channel]) => channel === 'two')).toBe(false);
  });

  it('answer commands', async () => {
    await server.up();
    const redis = connect();
    await isUp(redis);
    expect(await redis.command('SET', 'k', 'v')).toBe('OK');
    expect(await redis.command<string>('GET', 'k')).toBe('v');
    await expect(redis.command('NONSENSE')).rejects.toThrow(/unknown command/);
  });

  it('unsubscribe from and subscribe to a channel in the same tick', async () => {
    await server.up();
    const redis = connect();
    await isUp(redis);
    const packets = collect(redis, 'c');
    await publishUntilReceived(redis, 'c', packets, 'first');
    redis.unsubscribe('c');
    const again = collect(redis, 'c');
    redis.unsubscribe('d');
    await publishUntilReceived(redis, 'c', again, 'second');
    redis.unsubscribe('c');
    const witness = collect(redis, 'witness');
    redis.publish('c', Buffer.from('third'));
    await publishUntilReceived(redis, 'witness', witness, 'received');
    expect([...packets, ...again]).not.toContain('third');
  });

  it('subscribe to thousands of channels', async () => {
    await server.up();
    const redis = connect();
    await isUp(redis);
    const missing = new Set(Array.from({ length: 3_000 }, (_, n) => `c${n}`));
    for (const one of missing) redis.subscribe(one, (_, channel) => missing.delete(channel));
    const last = collect(redis, 'last');
    // With heartbeats this frequent a busy machine may count as down, and packets are lost: they are published again.
    for (let round = 1; missing.size > 0; round++) {
      for (const channel of missing) redis.publish(channel, Buffer.from('x'));
      await publishUntilReceived(redis, 'last', last, `round ${round}`);
    }
  });

  it('start while Redis is down, and connect when it is up', async () => {
    const redis = connect();
    const ups: string[] = [];
    redis.onUp(() => ups.push('up'));
    const packets = collect(redis, 'c');
    expect([redis.status, redis.publish('c', Buffer.from('lost'))]).toEqual(['down', false]);
    await expect(redis.command('PING')).rejects.toBeInstanceOf(RedisUnavailable);
    await server.up();
    await isUp(redis);
    expect(ups).toEqual(['up']);
    redis.publish('c', Buffer.from('hello'));
    await until('the first packet', () => packets.length > 0);
    expect(packets).toEqual(['hello']);
  });

  it('restore every subscription after a kill, and report it', async () => {
    await server.up();
    const [a, b] = [connect(), connect()];
    await Promise.all([isUp(a), isUp(b)]);
    const events: string[] = [];
    b.onUp(() => events.push('up'));
    b.onDown(() => events.push('down'));
    const kept = collect(b, 'kept');
    const left = collect(b, 'left');
    await publishUntilReceived(a, 'kept', kept, 'before');

    await server.kill();
    await Promise.all([isDown(a), isDown(b)]);
    b.unsubscribe('left');
    const late = collect(b, 'late');
    expect(a.publish('kept', Buffer.from('lost'))).toBe(false);

    await server.up();
    await Promise.all([isUp(a), isUp(b)]);
    a.publish('left', Buffer.from('x'));
    a.publish('kept', Buffer.from('after'));
    a.publish('late', Buffer.from('after'));
    await until('both channels', () => kept.includes('after') && late.includes('after'));
    expect(events).toEqual(['up', 'down', 'up']);
    expect([kept.includes('lost'), left]).toEqual([false, []]);
  });

  it('survive ten kills in a row', async () => {
    await server.up();
    const redis = connect();
    const packets = collect(redis, 'c');
    for (let round = 0; round < 10; round++) {
      await isUp(redis);
      await publishUntilReceived(redis, 'c', packets, `round ${round}`);
      await server.kill();
      await isDown(redis);
      await server.up();
    }
    await isUp(redis);
  }, 30_000);

  it('detect a frozen Redis, and never hang', async () => {
    await server.up();
    const redis = connect();
    await isUp(redis);
    const packets = collect(redis, 'c');
    await publishUntilReceived(redis, 'c', packets, 'before');

    server.freeze();
    const began = performance.now();
    const ends = await Promise.allSettled([redis.command('PING'), redis.command('PING')]);
    expect(ends.map((end) => end.status === 'rejected' && (end.reason as Error).constructor)).toEqual([RedisUnavailable, RedisUnavailable]);
    expect(performance.now() - began).toBeLessThan(3_000);
    await isDown(redis);
    expect(performance.now() - began).toBeLessThan(5_000);

    server.thaw();
    await isUp(redis);
    await publishUntilReceived(redis, 'c', packets, 'after');
  });

  it('bound the memory for payloads that Redis does not read', async () => {
    await server.up();
    const redis = connect();
    await isUp(redis);
    server.freeze();
    const before = process.memoryUsage().rss;
    const packet = Buffer.alloc(100_000);
    for (let i = 0; i < 9_000; i++) redis.publish('c', packet);
    await isDown(redis);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    server.thaw();
    await isUp(redis);
  });

  it('close while Redis is down, and stay closed', async () => {
    const redis = connect();
    redis.close();
    await server.up();
    const other = connect();
    await isUp(other);
    expect(redis.status).toBe('down');
  });
});
