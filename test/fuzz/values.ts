import fc from 'fast-check';

type Schema = Record<string, any>;

/** A reference to something that exists when the value is sent: the n-th id of its kind. */
export class Ref {
  constructor(
    readonly kind: Kind,
    readonly n: number,
  ) {}

  toString(): string {
    return `<${this.kind} ${this.n}>`;
  }
}

export const KINDS = ['user', 'room', 'message', 'media', 'request', 'session', 'invite', 'report', 'reaction', 'code'] as const;
export type Kind = (typeof KINDS)[number];

const reference = (kind: Kind): fc.Arbitrary<Ref> => fc.nat({ max: 199 }).map((n) => new Ref(kind, n));

/** The kind of the id that a field of this name holds. */
const KIND_OF: Record<string, Kind> = {
  userId: 'user',
  userIds: 'user',
  ids: 'user',
  mentions: 'user',
  to: 'user',
  roomId: 'room',
  teamId: 'room',
  channel_id: 'room',
  messageId: 'message',
  replyToId: 'message',
  mediaIds: 'media',
  avatarMediaId: 'media',
  reactionId: 'reaction',
  code: 'code',
};

export const DEEP = 200;
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
};

const cursor = (...key: unknown[]): string => Buffer.from(JSON.stringify(key)).toString('base64url');
const ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const ODD_TIMES = ['2026-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z', '+010000-01-01T00:00:00.000Z'];

/** Text that has broken something somewhere. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfffb',
  '\ufeff\u202e\u200b',
  '👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿',
  'e\u0301'.repeat(50),
  'ﷺ'.repeat(200),
  '%',
  '%00',
  '_%\\',
  "'; DROP TABLE users; --",
  '$1',
  '{"a":1}',
  '[object Object]',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '@all @ana @@ @',
  ':* & | ! ( <-> )',
  'null',
  'true',
  '-1',
  '0x10',
  '1e400',
  '9'.repeat(400),
  'x'.repeat(300),
  'x'.repeat(10_001),
  '語'.repeat(10_000),
  '0000-01-01T00:00:00Z',
  '-0001-01-01T00:00:00Z',
  '0000',
  '0001-01-01T00:00:00+16:00',
  '2099-01-01T00:00:00+16:00',
  '9999-12-31T23:59:59-16:00',
  '2026-W05-1T00:00:00Z',
  '2026-060',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '2026-03-01T24:00:00Z',
  '+275760-09-13T00:00:00Z',
  '0199F3A1-5D0E-7C3A-9B1F-2F6D1F0C8A11',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'WyJ4Il0',
  cursor('9999-99-99T99:99:99.999Z', 'x', -1),
  cursor(null, null, null),
  cursor('', '', Number.MAX_SAFE_INTEGER),
  ...ODD_TIMES.flatMap((at) => [cursor(at, ID), cursor(at, ID, 1)]),
] as const;

const HOSTILE_NUMBERS = [-1, 0, 1.5, 101, 1e9, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, Number.MIN_VALUE, -0];

const POLLUTED: unknown[] = ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '{"prototype":1}'].map(
  (text) => JSON.parse(text),
);

const OPERATORS: unknown[] = [{ $gt: '' }, { $ne: null }, { not: null }, { in: ['a'] }, { toString: 'x' }, { length: 1e9 }, { raw: '1=1' }];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
);

/** A value of another form than anything expects. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...HOSTILE_NUMBERS, null, true, false, [], {}) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(...POLLUTED, ...OPERATORS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      nested(30),
      nested(DEEP),
      Array.from({ length: 2_000 }, () => 0),
    ),
  },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

/** Values as a schema wants them, with {@link Ref} where ids belong. */
export class Values {
  constructor(private readonly schemas: Record<string, Schema>) {}

  of(schema: Schema, name = ''): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.of(this.schemas[(schema.$ref as string).split('/').at(-1)!]!, name);
    const [first, ...more] = (schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []) as Schema[];
    const plain = first ? fc.oneof(...[first, ...more].map((one) => this.of(one, name))) : this.plain(schema, name);
    const isNullable = schema.nullable || schema.type?.includes?.('null');
    return isNullable ? fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: fc.constant(null) }) : plain;
  }

  private plain(schema: Schema, name: string): fc.Arbitrary<unknown> {
    const type = [schema.type].flat().find((one) => one !== 'null');
    if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
    if (type === 'object') return this.object(schema);
    if (type === 'array') return this.array(schema, name);
    if (type === 'integer' || type === 'number') return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 200, 1e6) });
    if (type === 'boolean') return fc.boolean();
    return this.text(schema, name);
  }

  private text(schema: Schema, name: string): fc.Arbitrary<unknown> {
    const kind = KIND_OF[name];
    if (kind) return name === 'to' ? fc.oneof(fc.constant('*'), reference(kind)) : reference(kind);
    if (schema.format === 'uuid') return fc.oneof(reference('message'), fc.uuid());
    if (schema.format === 'date-time')
      return fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
    if (name === 'reaction') return fc.constantFrom('👍', '🎉', '❤️', '👩‍🚀');
    const min = Math.max(schema.minLength ?? 0, name === 'password' || name === 'newPassword' ? 8 : name === 'username' ? 3 : 0);
    const unit = name === 'username' ? fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789') : 'grapheme';
    return fc.string({ unit, minLength: min, maxLength: Math.min(schema.maxLength ?? 40, 40) });
  }

  private array(schema: Schema, name: string): fc.Arbitrary<unknown> {
    return fc.array(this.of(schema.items as Schema, name), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.min(schema.maxItems ?? 5, 5),
    });
  }

  private object({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
    if (typeof additionalProperties === 'object') {
      return fc
        .array(fc.tuple(reference('room'), this.of(additionalProperties as Schema)), { maxLength: 4 })
        .map((entries) => new Map<unknown, unknown>(entries));
    }
    const fields = Object.fromEntries(Object.entries<Schema>(properties).map(([name, schema]) => [name, this.of(schema, name)]));
    return fc.record(fields, { requiredKeys: required as string[], noNullPrototype: true });
  }
}

/** What breaks one place of a value: the place is chosen by a number. */
export interface Break {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add';
  readonly value: unknown;
}

export const breaks: fc.Arbitrary<Break> = fc.record({
  at: fc.nat({ max: 50 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add'),
  value: hostile,
});

const STRANGE_KEYS = ['__proto__', 'constructor', 'prototype', 'id', 'seq', 'userId', 'admin', 'role', 'createdAt', 'a\0b', 'x'];

/** A copy of the value with one place broken. */
export function broken(value: unknown, { at, how, value: by }: Break): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Ref || value instanceof Map || at === 0) return by;
  const entries = Object.entries(value);
  const key = entries[at % Math.max(entries.length, 1)]?.[0];
  if (how === 'add' || key === undefined) {
    return Object.fromEntries([...entries.filter(([name]) => name !== '__proto__'), [STRANGE_KEYS[at % STRANGE_KEYS.length]!, by]]);
  }
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? by : item));
  const others = entries.filter(([name]) => name !== key);
  return how === 'remove'
    ? Object.fromEntries(others)
    : Object.fromEntries([...others, [key, at % 3 === 0 ? by : broken((value as Schema)[key], { at: at >> 1, how, value: by })]]);
}
