import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startApp, type RunningApp } from './support/app.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('the application', () => {
  let running: RunningApp;
  beforeAll(async () => void (running = await startApp()));
  afterAll(() => running.close());
  const http = () => request(running.url);

  it('answers the health checks without a token', async () => {
    await http().get('/health/live').expect(200, { status: 'ok' });
    await http().get('/health/ready').expect(200, { status: 'ok' });
  });

  it('answers an unknown route with a problem', async () => {
    const { body, headers } = await http().get('/v1/nowhere').set('x-request-id', 'abc-1').expect(404);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'urn:parley:problem:route_not_found',
      title: 'Not Found',
      status: 404,
      detail: expect.any(String),
      code: 'route_not_found',
      requestId: 'abc-1',
    });
  });

  it.each(['', 'two words', 'x'.repeat(65), 'ünïcode', '<script>'])('generates a request id if the given one is %j', async (given) => {
    const { headers, body } = await http().get('/v1/nowhere').set('x-request-id', Buffer.from(given).toString('latin1'));
    expect(headers['x-request-id']).toMatch(UUID);
    expect(body.requestId).toBe(headers['x-request-id']);
  });

  it.each([
    ['broken JSON', 'application/json', '{"a":', 400, 'malformed_request'],
    ['a bare word', 'application/json', '"a"', 400, 'malformed_request'],
    ['another charset', 'application/json; charset=latin7', '{}', 415, 'unsupported_media_type'],
    ['text', 'text/plain', 'a', 415, 'unsupported_media_type'],
    ['a form', 'application/x-www-form-urlencoded', 'a=1', 415, 'unsupported_media_type'],
    ['more than the limit', 'application/json', JSON.stringify({ a: 'x'.repeat(200_000) }), 413, 'payload_too_large'],
  ])('refuses %s', async (_, type, body, status, code) => {
    const answer = await http().post('/v1/nowhere').set('content-type', type).send(body).expect(status);
    expect(answer.body).toMatchObject({ status, code, requestId: expect.stringMatching(UUID) });
  });

  it('refuses a path that is not UTF-8', async () => {
    await http().get('/v1/%E0%A4%A').expect(400);
  });

  it('forbids caching, and sets the security headers', async () => {
    const { headers } = await http().get('/v1/nowhere');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('serves its documentation', async () => {
    const { body } = await http().get('/docs/openapi.json').expect(200);
    expect(body.paths).toHaveProperty('/health/ready');
    expect(body.components.schemas).toHaveProperty('Problem');
    const page = await http().get('/docs').expect(200);
    expect(page.text).toContain('swagger-ui');
  });

  it('labels metrics by route, never by path', async () => {
    await http().get('/health/ready?x=1');
    const { text } = await http().get('/metrics').expect(200);
    expect(text).toMatch(/http_request_duration_seconds_count\{method="GET",route="\/health\/ready",status="200"\} \d+/);
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).not.toContain('nowhere');
  });
});

describe('settings of the application', () => {
  it('hide the documentation and the metrics in production', async () => {
    const production = {
      NODE_ENV: 'production',
      JWT_SECRET: 'kR7mX2pQ9vT4wZ8nB3cF6hJ1sL5dG0aE',
      ARGON2_MEMORY_KIB: '19456',
      ARGON2_ITERATIONS: '2',
    };
    const running = await startApp({ env: production });
    for (const path of ['/docs', '/docs/openapi.json', '/metrics']) await request(running.url).get(path).expect(404);
    await running.close();
  });

  it('allow the metrics to a token, and the API to another origin', async () => {
    const running = await startApp({ env: { METRICS_TOKEN: 'a-token-of-the-test', CORS_ORIGINS: 'https://app.example' } });
    const http = request(running.url);
    await http.get('/metrics').expect(401);
    await http.get('/metrics').set('authorization', 'Bearer another').expect(401);
    await http.get('/metrics').set('authorization', 'Bearer a-token-of-the-test').expect(200);
    const ours = await http.get('/health/live').set('origin', 'https://app.example');
    expect(ours.headers['access-control-allow-origin']).toBe('https://app.example');
    const theirs = await http.get('/health/live').set('origin', 'https://evil.example');
    expect(theirs.headers).not.toHaveProperty('access-control-allow-origin');
    await running.close();
  });
});
