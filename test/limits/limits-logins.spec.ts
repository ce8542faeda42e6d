import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningApp, startApp } from '../support/app.js';
import { bearer, Logins } from '../support/logins.js';

describe('failed logins', () => {
  let server: RunningApp;
  let logins: Logins;
  beforeAll(async () => {
    server = await startApp({ env: { RATE_LIMIT: 'on' } });
    logins = new Logins(server);
  });
  afterAll(() => server?.close());

  const statuses = async (count: number, attempt: () => PromiseLike<{ status: number }>) => {
    const answers = await Promise.all(Array.from({ length: count }, attempt));
    return answers.reduce<Record<number, number>>((counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {});
  };

  it('are limited to ten per minute; then the right password is refused too, with the time to wait', async () => {
    const ana = await logins.register('ana');
    for (let i = 0; i < 10; i++) await logins.login('ana', 'not the password').expect(401);
    const refused = await logins.login('Ana').expect(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await logins.me(ana.accessToken).expect(200);
    await logins.register('bob');
    await logins.login('bob').expect(200);
  });

  it('are limited when concurrent, whether the user exists or not', async () => {
    await logins.register('eva');
    expect(await statuses(40, () => logins.login('eva', 'not the password'))).toEqual({ 401: 10, 429: 30 });
    expect(await statuses(40, () => logins.login('nobody', 'not the password'))).toEqual({ 401: 10, 429: 30 });
  });

  it('include wrong passwords in a password change', async () => {
    const { accessToken } = await logins.register('kim');
    const change = () =>
      logins.api
        .post('/v1/auth/password')
        .set(bearer(accessToken))
        .send({ currentPassword: 'not the password', newPassword: 'a staple of my own' });
    expect(await statuses(15, change)).toEqual({ 422: 10, 429: 5 });
  });

  it('do not include successful logins', async () => {
    await logins.register('zoe');
    for (let i = 0; i < 30; i++) await logins.login('zoe').expect(200);
  });

  it('do not affect two hundred registrations from one address, or health checks', async () => {
    expect(await statuses(200, () => logins.register().then(() => ({ status: 201 })))).toEqual({ 201: 200 });
    const health = await logins.api.get('/health/live').expect(200);
    expect(health.headers['ratelimit-limit']).toBeUndefined();
  });
});
