import { describe, expect, it } from '@jest/globals';
import { ContractChecker } from '../support/contract-checker.js';
import type { Answer } from '../support/world.js';

// Every story holds what it is answered against the documents: here is what that finds.

const ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const USER = { id: ID, username: 'ana', displayName: null, avatarUrl: null, deleted: false, createdAt: '2026-03-01T09:30:00.000Z' };
const PROBLEM = {
  type: 'urn:parley:problem:user_not_found',
  title: 'Not Found',
  status: 404,
  detail: 'There is no such user.',
  code: 'user_not_found',
  requestId: 'r1',
};

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  body,
  headers: new Headers({
    'content-type': status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-request-id': 'r1',
    ...headers,
  }),
});
const payload = (answer: Answer, path = `/v1/users/${ID}`, hasBody = false): string =>
  ContractChecker.instance.ofAnswer({ method: 'GET', path, hasBody }, answer).join('\n');

describe('an answer over HTTP', () => {
  it.each<[string, Answer]>([
    ['as documented', answered(200, USER)],
    ['a documented problem', answered(404, PROBLEM)],
  ])('passes: %s', (_, answer) => {
    expect(payload(answer)).toBe('');
  });

  it.each<[string, Answer, RegExp]>([
    ['a field too many', answered(200, { ...USER, password: 'x' }), /additional properties.*password/],
    ['a field too few', answered(200, { ...USER, avatarUrl: undefined }), /required.*avatarUrl/],
    ['an id in capitals', answered(200, { ...USER, id: ID.toUpperCase() }), /format "uuid"/],
    ['a time without milliseconds', answered(200, { ...USER, createdAt: '2026-03-01T09:30:00Z' }), /format "date-time"/],
    ['a time with an offset', answered(200, { ...USER, createdAt: '2026-03-01T09:30:00.000+00:00' }), /format "date-time"/],
    ['another status', answered(201, USER), /status is not documented/],
    [
      'another code',
      answered(404, { ...PROBLEM, code: 'room_not_found', type: 'urn:parley:problem:room_not_found' }),
      /code room_not_found/,
    ],
    ['a defect', answered(500, { ...PROBLEM, status: 500 }), /status is not documented/],
    ['a problem as plain JSON', answered(404, PROBLEM, { 'content-type': 'application/json' }), /of the type application\/json/],
    ['a problem of another request', answered(404, { ...PROBLEM, requestId: 'r2' }), /request id/],
    ['an answer that others may keep', answered(200, USER, { 'cache-control': 'public' }), /may be kept/],
    ['an answer without a request id', answered(200, USER, { 'x-request-id': '' }), /x-request-id/],
    ['a page of the framework', answered(200, '<html>', { 'content-type': 'text/html' }), /content type text\/html/],
  ])('is caught: %s', (_, answer, fault) => {
    expect(payload(answer)).toMatch(fault);
  });

  it('is caught on a route that is in no document', () => {
    expect(payload(answered(200, USER), '/v1/secrets')).toMatch(/no such route/);
  });

  it('distinguishes a route with a fixed word from one with a parameter', () => {
    expect(payload(answered(200, USER), '/v1/users/me')).toMatch(/required.*privacy/);
  });
});

describe('what comes over a socket', () => {
  it.each<[string, () => string[], RegExp | '']>([
    ['an event as documented', () => ContractChecker.instance.ofEvent('presence', { userId: ID, online: true, lastActiveAt: null }), ''],
    [
      'a field too many',
      () => ContractChecker.instance.ofEvent('presence', { userId: ID, online: true, lastActiveAt: null, at: 1 }),
      /additional/,
    ],
    ['an event that is in no document', () => ContractChecker.instance.ofEvent('secret', {}), /not documented/],
    ['an answer as documented', () => ContractChecker.instance.ofAck('typing', { ok: true }), ''],
    ['a refusal', () => ContractChecker.instance.ofAck('nonsense', { ok: false, error: PROBLEM }), ''],
    ['an answer without ok', () => ContractChecker.instance.ofAck('typing', {}), /neither/],
    ['an answer to an event that does not exist', () => ContractChecker.instance.ofAck('nonsense', { ok: true }), /neither/],
    ['a refusal without a problem', () => ContractChecker.instance.ofAck('typing', { ok: false, error: 'no' }), /object/],
    ['a number with a fraction', () => ContractChecker.instance.ofEvent('room:read', { roomId: ID, userId: ID, seq: 1.5 }), /integer/],
  ])('%s', (_, faults, expected) => {
    expect(faults().join('\n')).toEqual(expected === '' ? '' : expect.stringMatching(expected));
  });
});
