import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../common/domain-error.js';
import { mentionsIn } from './message-content.policy.js';
import { checkMessage, requestHash } from './message-content.policy.js';

const bounds = { maxTextLength: 10_000, maxMedia: 10, maxMentions: 50 };
const roomId = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const other = '0199F3A1-5D0E-7C3A-9B1F-2F6D1F0C8A22';
const check = (input: unknown) => checkMessage(input, bounds);
const codeOf = (input: unknown): string => {
  try {
    check(input);
    return 'fine';
  } catch (error) {
    return error instanceof DomainError
      ? `${error.status} ${error.code} ${error.extras.errors?.map(({ path }) => path).join() ?? ''}`.trim()
      : 'threw';
  }
};

describe('the form of a message', () => {
  it.each<[string, unknown, string]>([
    ['a text', { roomId, text: 'hi' }, 'fine'],
    ['10,000 code points beyond the BMP', { roomId, text: '😀'.repeat(10_000) }, 'fine'],
    ['one more', { roomId, text: '😀'.repeat(10_001) }, '400 validation_failed text'],
    ['no room', { text: 'hi' }, '400 validation_failed roomId'],
    ['no object', 'hi', '400 validation_failed'],
    ['null', null, '400 validation_failed'],
    ['a list', [], '400 validation_failed'],
    ['a number as text', { roomId, text: 1 }, '400 validation_failed text'],
    ['an unknown field', { roomId, text: 'hi', seq: 1 }, '400 validation_failed seq'],
    ['a prototype key', JSON.parse(`{"roomId":"${roomId}","text":"hi","__proto__":{"admin":true}}`), '400 validation_failed __proto__'],
    ['the type of system messages', { roomId, type: 'system', text: 'hi' }, '400 validation_failed type'],
    ['the same medium twice', { roomId, mediaIds: [roomId, roomId] }, '400 validation_failed mediaIds'],
    [
      'eleven media',
      { roomId, mediaIds: Array.from({ length: 11 }, (_, i) => roomId.replace(/..$/, String(10 + i))) },
      '400 validation_failed mediaIds',
    ],
    ['mentions that are no ids', { roomId, text: 'hi', mentions: ['ana'] }, '400 validation_failed mentions'],
    ['several faults, all listed', { roomId: 1, id: 2, text: 3 }, '400 validation_failed roomId,id,text'],
    ['NUL', { roomId, text: 'a\0b' }, '422 unstorable_text text'],
    ['half a surrogate pair', { roomId, text: '\ud800' }, '422 unstorable_text text'],
    ['no text', { roomId }, '422 empty_message'],
    ['blanks', { roomId, text: ' \n ' }, '422 empty_message'],
    ['an image without an image', { roomId, type: 'image', text: 'look' }, '422 empty_message'],
  ])('%s', (_, input, expected) => {
    expect(codeOf(input)).toBe(expected);
  });

  it('lists a bounded number of faults, each with a bounded path', () => {
    const unknown = (count: number, name: string) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}${name}`, 1]));
    const paths = codeOf({ text: 'hi', ...unknown(20_000, 'x'.repeat(5_000)) })
      .replace('400 validation_failed ', '')
      .split(',');
    expect(paths.length).toBe(20);
    expect(paths.toSorted().at(-1)).toBe('roomId');
    expect(Math.max(...paths.map((path) => path.length))).toBe(100);
    expect(codeOf({ roomId, ...unknown(20, '') }).split(',').length).toBe(20);
  });

  it('is accepted or refused with a domain error, for any input', () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (input) => codeOf(input) !== 'threw'));
    const fields = fc.record(
      { roomId: fc.constant(roomId), text: fc.anything(), mediaIds: fc.anything(), mentions: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(fields, (input) => codeOf(input) !== 'threw'));
  });
});

describe('the hash of a body', () => {
  const hash = (input: object) => requestHash(check({ roomId, text: 'hi', ...input })).toString('hex');

  it.each<[string, object, object, boolean]>([
    ['the same body', {}, {}, true],
    ['the default type', {}, { type: 'text' }, true],
    ['null for an absent field', {}, { replyToId: null, mediaIds: [], mentions: null }, true],
    ['ids in capitals', { replyToId: other }, { replyToId: other.toLowerCase() }, true],
    ['mentions in another order', { mentions: [roomId, other] }, { mentions: [other, roomId] }, true],
    ['another text', {}, { text: 'ho' }, false],
    ['another reply', {}, { replyToId: other }, false],
    ['media in another order', { mediaIds: [roomId, other] }, { mediaIds: [other, roomId] }, false],
  ])('%s', (_, a, b, same) => {
    expect(hash(a) === hash(b)).toBe(same);
  });
});

describe('the mentions in a text', () => {
  it.each<[string, string[], boolean]>([
    ['hi @ana', ['ana'], false],
    ['@Ana, @bob_1!', ['ana', 'bob_1'], false],
    ['it was @ana.', ['ana.', 'ana'], false],
    ['@all and @ana', ['ana'], true],
    ['mail ana@example.org', [], false],
    ['@ab is too short', [], false],
    ['(@ana)', ['ana'], false],
    ['你好@ana', ['ana'], false],
    ['你好 @ana', ['ana'], false],
  ])('%s', (text, usernames, all) => {
    expect(mentionsIn(text)).toEqual({ usernames, all });
  });
});
