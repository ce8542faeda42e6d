import { type CanActivate, Controller, type ExecutionContext, Get, Logger } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { ProblemFilter } from '../../src/common/problem.filter.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { ProcessRole } from '../../src/config/process-role.js';
import { loadSettings } from '../../src/config/settings.js';
import { addressKey, RateLimits } from '../../src/limits/rate-limits.js';
import { RateLimited } from '../../src/limits/limits.errors.js';
import { LimitsModule } from '../../src/limits/limits.module.js';
import { RateLimit } from '../../src/limits/rate-limit.interceptor.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { RedisModule } from '../../src/redis/redis.module.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

// The log of Redis going down is expected here.
Logger.overrideLogger(false);

const settings = (env: Record<string, string> = {}) => loadSettings({ JWT_SECRET: 'test', ...env });
const ana = { userId: 'ana' };
const bob = { userId: 'bob' };

/** Whether the call passed; any error but RateLimited fails the test. */
const passes = async (call: () => unknown): Promise<boolean> => {
  try {
    await call();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(RateLimited);
    return false;
  }
};
const countPassed = async (calls: (() => unknown)[]): Promise<number> => (await Promise.all(calls.map(passes))).filter(Boolean).length;
const times = (count: number, call: () => unknown) => Array.from({ length: count }, () => call);

describe('a budget in one process', () => {
  const limitsOf = (env?: Record<string, string>) => new RateLimits(settings(env), new RedisConnections({ url: null }));

  it('is consumed to its last point, then refused until its window ends', async () => {
    const limits = limitsOf({ RATE_LIMIT_SEND: '5/1' });
    for (let i = 0; i < 5; i++) expect(limits.consumePoints(ana, 'send')).toBeUndefined();
    expect(() => limits.consumePoints(ana, 'send')).toThrow(RateLimited);
    await expect(limits.consumeForResponse(ana, 'send')).rejects.toMatchObject({
      status: 429,
      code: 'rate_limited',
      extras: { retryAfter: 1 },
    });
    await until('the next window', () => passes(() => limits.consumePoints(ana, 'send')), 2_000);
    expect(await limits.consumeForResponse(ana, 'send')).toEqual({ limit: 5, remaining: 3, reset: 1 });
  });

  it('is separate for each user and action, and counts points', async () => {
    const limits = limitsOf({ RATE_LIMIT_SEND: '5/60', RATE_LIMIT_TYPING: '5/60' });
    expect(await limits.consumeForResponse(ana, 'send', 4)).toEqual({ limit: 5, remaining: 1, reset: 60 });
    expect(await passes(() => limits.consumePoints(ana, 'send', 2))).toBe(false);
    expect(limits.consumePoints(ana, 'send', 1)).toBeUndefined();
    expect(limits.consumePoints(ana, 'typing', 5)).toBeUndefined();
    expect(limits.consumePoints(bob, 'send', 5)).toBeUndefined();
    expect(limits.consumePoints({ ip: 'ana' }, 'send', 5)).toBeUndefined();
  });

  it('allows ordinary use: 320 messages at once, 400 registrations from one address', async () => {
    const limits = limitsOf();
    expect(await countPassed(times(320, () => limits.consumePoints(ana, 'send')))).toBe(320);
    expect(await countPassed(times(1_000, () => limits.consumePoints(ana, 'request')))).toBe(1_000);
    expect(await countPassed(times(400, () => limits.consumePoints({ ip: '127.0.0.1' }, 'auth')))).toBe(400);
  });

  it('of failed logins allows ten per minute and account, also concurrently', async () => {
    const limits = limitsOf();
    const account = { account: 'Ana' };
    for (let i = 0; i < 50; i++) {
      await limits.consumeForResponse(account, 'login');
      limits.refund(account, 'login');
    }
    expect(await countPassed(times(50, () => limits.consumeForResponse(account, 'login')))).toBe(10);
    expect(await passes(() => limits.consumeForResponse({ account: 'ana' }, 'login'))).toBe(false);
    expect(await passes(() => limits.consumeForResponse({ account: 'bob' }, 'login'))).toBe(true);
  });

  it('does not grow by refunds', async () => {
    const limits = limitsOf({ RATE_LIMIT_LOGIN: '3/60' });
    limits.refund(ana, 'login', 100);
    await limits.consumeForResponse(ana, 'login');
    limits.refund(ana, 'login', 100);
    expect(await countPassed(times(10, () => limits.consumeForResponse(ana, 'login')))).toBe(3);
  });

  it('is unlimited with RATE_LIMIT=off', async () => {
    const limits = limitsOf({ RATE_LIMIT: 'off', RATE_LIMIT_SEND: '1/60' });
    expect(await countPassed(times(1_000, () => limits.consumePoints(ana, 'send')))).toBe(1_000);
    expect(await limits.consumeForResponse(ana, 'send')).toBeNull();
    limits.refund(ana, 'send');
  });

  it('is stored for a bounded number of keys', async () => {
    const limits = limitsOf();
    for (let i = 0; i < 150_000; i++) void limits.consumePoints({ userId: `user${i}` }, 'typing');
    expect(limits.windowCount).toBeLessThanOrEqual(50_000);
  });

  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['nonsense', 'nonsense'],
  ])('of the address %s belongs to %s', (ip, key) => {
    expect(addressKey(ip)).toBe(key);
  });
});

describe('a budget of several processes', () => {
  const opened: RedisConnections[] = [];
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  }, 300_000);
  afterAll(() => server.stop());
  afterEach(() => opened.splice(0).forEach((redis) => redis.close()));

  const process = async (env: Record<string, string> = {}) => {
    const redis = new RedisConnections({ url: server.url, commandMs: 300, connectMs: 300, heartbeatMs: 50 });
    opened.push(redis);
    redis.onModuleInit();
    await until('Redis is up', () => redis.status === 'up');
    return { redis, limits: new RateLimits(settings(env), redis) };
  };

  it('is shared: a flood through two gets it once', async () => {
    const [a, b] = [await process(), await process()];
    const flood = [...times(1_000, () => a.limits.consumePoints(ana, 'send')), ...times(1_000, () => b.limits.consumePoints(ana, 'send'))];
    const accepted = await countPassed(flood);
    expect(accepted).toBeGreaterThanOrEqual(570);
    expect(accepted).toBeLessThanOrEqual(660);
    expect(await countPassed(flood)).toBeLessThanOrEqual(30);
  });

  it('is shared for a slow flood, too', async () => {
    const [a, b] = [await process({ RATE_LIMIT_UPLOAD: '100/60' }), await process({ RATE_LIMIT_UPLOAD: '100/60' })];
    let accepted = 0;
    for (let i = 0; i < 150; i++)
      accepted += await countPassed([() => a.limits.consumeForResponse(ana, 'upload'), () => b.limits.consumeForResponse(ana, 'upload')]);
    expect(accepted).toBeGreaterThanOrEqual(90);
    expect(accepted).toBeLessThanOrEqual(110);
  });

  it('that is small reports every call', async () => {
    const [a, b] = [await process(), await process()];
    const account = { account: 'counted' };
    for (const { limits } of [a, b]) {
      for (let i = 0; i < 20; i++) {
        await limits.consumeForResponse(account, 'login');
        limits.refund(account, 'login');
      }
    }
    const tries = [
      ...times(30, () => a.limits.consumeForResponse(account, 'login')),
      ...times(30, () => b.limits.consumeForResponse(account, 'login')),
    ];
    expect(await countPassed(tries)).toBe(10);
  });

  it('is decided at once for a user who sends little, and in order for one who sends much', async () => {
    const { limits } = await process();
    for (let i = 0; i < 10; i++) expect(limits.consumePoints(bob, 'send')).toBeUndefined();
    const order: number[] = [];
    const sends = Array.from({ length: 500 }, async (_, i) => {
      await limits.consumePoints(bob, 'send');
      order.push(i);
    });
    await Promise.all(sends);
    expect(order).toEqual([...order].sort((x, y) => x - y));
  });

  it('is counted per process while Redis is down, without errors or delay', async () => {
    const { redis, limits } = await process({ RATE_LIMIT_SEND: '600/2' });
    const eva = { userId: 'eva' };
    expect(await countPassed(times(100, () => limits.consumePoints(eva, 'send')))).toBe(100);
    await server.kill();
    const began = performance.now();
    const accepted = await countPassed(times(1_000, () => limits.consumePoints(eva, 'send')));
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(100 + accepted).toBeLessThanOrEqual(630);
    await until('Redis is down', () => redis.status === 'down');
    await until('a new window', () => passes(() => limits.consumePoints(eva, 'send')), 4_000);
    expect(await countPassed(times(400, () => limits.consumePoints(eva, 'send')))).toBe(400);
    await server.up();
    await until('Redis is up', () => redis.status === 'up');
    expect(await countPassed(times(100, () => limits.consumePoints({ userId: 'zoe' }, 'send')))).toBe(100);
  });

  it('does not hang if Redis freezes', async () => {
    const { redis, limits } = await process();
    server.freeze();
    const began = performance.now();
    expect(await countPassed(times(300, () => limits.consumePoints({ userId: 'kim' }, 'send')))).toBe(300);
    expect(performance.now() - began).toBeLessThan(5_000);
    server.thaw();
    await until('Redis is up', () => redis.status === 'up');
  });
});

describe('the budget of a REST request', () => {
  @Controller('things')
  class Things {
    @Get() list() {
      return [];
    }

    @RateLimit('upload')
    @Get('upload')
    upload() {
      return {};
    }

    @RateLimit(null)
    @Get('free')
    free() {
      return {};
    }
  }

  /** Authenticates by a header. */
  class HeaderGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const call = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
      if (call.headers['x-user']) call.user = { userId: call.headers['x-user'], sessionId: null, admin: false };
      return true;
    }
  }

  let app: NestExpressApplication;
  beforeAll(async () => {
    const env = settings({ RATE_LIMIT_REQUEST: '3/60', RATE_LIMIT_UPLOAD: '1/60' });
    const module = await Test.createTestingModule({
      imports: [LimitsModule, RedisModule, ConfigModule.forRoot(env, ProcessRole.server)],
      controllers: [Things],
      providers: [{ provide: APP_GUARD, useClass: HeaderGuard }],
    }).compile();
    app = module.createNestApplication<NestExpressApplication>();
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  const get = (path: string, headers: Record<string, string> = {}) => request(app.getHttpServer()).get(path).set(headers);

  it('is in the headers of every answer, and refuses with the time to wait', async () => {
    const first = await get('/things', { 'x-user': 'ana' });
    expect([
      first.status,
      first.headers['ratelimit-limit'],
      first.headers['ratelimit-remaining'],
      first.headers['ratelimit-reset'],
    ]).toEqual([200, '3', '2', '60']);
    await get('/things', { 'x-user': 'ana' }).expect(200);
    await get('/things', { 'x-user': 'ana' }).expect(200);
    const refused = await get('/things', { 'x-user': 'ana' });
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited', status: 429, retryAfter: 60 });
    expect([refused.headers['retry-after'], refused.headers['ratelimit-remaining']]).toEqual(['60', '0']);
    await get('/things', { 'x-user': 'bob' }).expect(200);
  });

  it('belongs to the address without a token, whatever X-Forwarded-For contains', async () => {
    for (let i = 0; i < 3; i++) await get('/things', { 'x-forwarded-for': `10.0.0.${i}` }).expect(200);
    await get('/things', { 'x-forwarded-for': '10.0.0.9' }).expect(429);
  });

  it('can be another for a route, or none', async () => {
    await get('/things/upload', { 'x-user': 'ana' }).expect(200);
    await get('/things/upload', { 'x-user': 'ana' }).expect(429);
    for (let i = 0; i < 5; i++) expect((await get('/things/free', { 'x-user': 'ana' })).headers['ratelimit-limit']).toBeUndefined();
  });
});
