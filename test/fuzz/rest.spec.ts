import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readContract } from '../support/contract.js';
import { limitOf, unrepeatable } from '../support/properties.js';
import type { Json } from '../support/test-socket.js';
import { call, World } from '../support/world.js';
import { deadline, nothingIsPoisoned, FuzzFixture } from './fuzz-fixture.js';
import { type Break, breaks, broken, hostile, hostileText, type Kind, Ref, Values } from './values.js';

// Requests that the document invites and requests that nobody should make, many at once. `call` fails on every answer that is not documented,
// and on every defect.

const document = readContract('openapi');
const values = new Values(document.components.schemas);

interface Operation {
  readonly method: string;
  readonly template: string;
  readonly parameters: Json[];
  readonly body: Json;
}

const operations: Operation[] = Object.entries<Json>(document.paths)
  .filter(([template]) => template.startsWith('/v1/'))
  .flatMap(([template, methods]) =>
    Object.entries<Json>(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      template,
      parameters,
      body: requestBody?.content['application/json']?.schema,
    })),
  );

/** Ends the session or account of an actor: seldom, so that the others have time to act. */
const isFatal = ({ method, template }: Operation): boolean =>
  /logout|password|deactivate|sessions\/\{id\}$/.test(template) || (method === 'DELETE' && /users\/(me|\{userId\})$/.test(template));

/** A request with ids still to be filled in. */
interface Request {
  readonly operation: Operation;
  readonly actor: number;
  readonly path: Record<string, unknown>;
  readonly query: [string, unknown][];
  readonly body: unknown;
  readonly raw: string | null;
}

const kindOf = (name: string, template: string): Kind =>
  name !== 'id'
    ? ((name === 'code' ? 'code' : name.replace(/Id$/, '')) as Kind)
    : template.includes('friend-requests')
      ? 'request'
      : ((/(session|invite|report)s\/\{id\}/.exec(template)?.[1] as Kind | undefined) ?? 'media');

const mostly = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>, weight = 8): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: seldom });

const RAW = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"a":1}{"b":2}',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  '{"text":"\\ud800"}',
  '\u0000',
  '{"a":'.repeat(3_000),
];

function requestOf(operation: Operation): fc.Arbitrary<Request> {
  const { template, parameters, body } = operation;
  const inPath = parameters.filter((one) => one.in === 'path');
  const inQuery = parameters.filter((one) => one.in === 'query');
  const path = fc.record(
    Object.fromEntries(
      inPath.map(({ name }) => {
        const reference: fc.Arbitrary<unknown> = fc.nat({ max: 199 }).map((n) => new Ref(kindOf(name, template), n));
        return [
          name,
          mostly(
            reference,
            fc.oneof(
              hostileText.filter((text) => text !== ''),
              fc.uuid(),
            ),
          ),
        ];
      }),
    ),
    { noNullPrototype: true },
  );
  const parameter = ({ name, schema, required }: Json): fc.Arbitrary<[string, unknown] | null> =>
    fc.oneof(
      { weight: required ? 0 : 4, arbitrary: fc.constant(null) },
      { weight: 4, arbitrary: values.of(schema, name).map((value): [string, unknown] => [name, value]) },
      { weight: 1, arbitrary: hostileText.map((value): [string, unknown] => [name, value]) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<[string, unknown]>([`${name}[]`, 'x'], [`${name}[$ne]`, ''], [name, '1000000000'], ['__proto__', '1']),
      },
    );
  const query = fc.tuple(...inQuery.map(parameter), ...inQuery.slice(0, 1).map(parameter)).map((all) => all.filter((one) => one !== null));
  const good = body ? values.of(body) : fc.constant(undefined);
  const bad = fc
    .tuple(good, fc.array(breaks, { minLength: 1, maxLength: 2 }))
    .map(([value, all]) => all.reduce<unknown>((done: unknown, one: Break) => broken(done, one), value));
  return fc.record({
    operation: fc.constant(operation),
    actor: fc.nat({ max: 9 }),
    path,
    query,
    body: body
      ? fc.oneof({ weight: 5, arbitrary: good }, { weight: 4, arbitrary: bad }, { weight: 1, arbitrary: hostile })
      : mostly(good, hostile, 30),
    raw: mostly(fc.constant(null), fc.constantFrom<string | null>(...RAW), 40),
  });
}

const SENDING = operations.filter(({ method, template }) => method === 'POST' && template.endsWith('/messages'));
const request = fc.oneof(
  { weight: 24, arbitrary: fc.constantFrom(...operations.filter((one) => !isFatal(one))).chain(requestOf) },
  { weight: 4, arbitrary: fc.constantFrom(...SENDING).chain(requestOf) },
  { weight: 1, arbitrary: fc.constantFrom(...operations.filter(isFatal)).chain(requestOf) },
);

describe('any request', () => {
  let world: World;
  let stage: FuzzFixture;
  const statuses = new Map<number, number>();
  const reached = new Set<string>();
  let since = 0;

  beforeAll(async () => {
    world = await World.start();
    stage = await FuzzFixture.set(world);
    await stage.people[0]!.becomesPlatformAdmin();
  });
  afterAll(() => world.stop());

  const send = async ({ operation: { method, template }, actor, path, query, body, raw }: Request): Promise<void> => {
    const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(stage.resolve(path[name])));
    const search = query.map(([name, value]) => `${encoded(name)}=${encoded(stage.resolve(value))}`).join('&');
    const person = stage.people[actor % stage.people.length]!;
    const hasBody = method !== 'GET' && (raw ?? body) !== undefined;
    const answer = await call(world.url, method, `${filled}${search && `?${search}`}`, {
      ...(hasBody && { body: raw ?? JSON.stringify(stage.resolve(body)) ?? 'null' }),
      ...(actor < 9 && { token: person.accessToken }),
    });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status < 300) reached.add(`${method} ${template}`);
    harvest(template, answer.body);
  };

  const harvest = (template: string, body: Json): void => {
    if (typeof body !== 'object' || body === null || !body.id) return;
    const collection = template
      .replace(/\/\{\w+\}.*$/, '')
      .split('/')
      .at(-1);
    if (template.endsWith('/messages')) stage.note('message', body.id);
    else if (template.endsWith('/reactions')) stage.note('reaction', body.id);
    else if (template.endsWith('/invites'))
      for (const [kind, id] of [
        ['invite', body.id],
        ['code', body.code],
      ] as const)
        stage.note(kind, id);
    else if (template.endsWith('/report')) stage.note('report', body.id);
    else if (template === '/v1/rooms') stage.note('room', body.id);
    else if (collection === 'friend-requests') stage.note('request', body.id);
  };

  it(
    'is answered as documented',
    async () => {
      const handful = fc.array(request, { minLength: 8, maxLength: 8 });
      const isOver = deadline();
      await fc.assert(
        fc.asyncProperty(handful, async (requests) => {
          if (isOver()) return;
          await Promise.all(requests.map(send));
          if (++since % 15 === 0) await stage.heal();
        }),
        unrepeatable(300),
      );
      // A fuzzer whose every request is refused proves nothing. (About one in seven succeeds; far fewer is no coincidence, even on a slow machine.)
      const count = (all: [number, number][]): number => all.reduce((sum, [, times]) => sum + times, 0);
      const answers = [...statuses];
      expect(count(answers.filter(([status]) => status < 300))).toBeGreaterThan(count(answers) / 20);
      expect(reached.size).toBeGreaterThan(operations.length / 8);
    },
    limitOf(120_000),
  );

  it(
    'poisons nothing',
    async () => {
      await stage.heal();
      expect(await nothingIsPoisoned(stage)).toBeGreaterThan(20);
    },
    limitOf(120_000),
  );
});

/** As much of a value as an address can hold: HTTP itself refuses longer ones. */
const LONGEST = 400;

/** As a client would write it that does not know well-formed strings. */
function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // A bare dot segment would be taken away by the client itself.
  return /^\.+$/.test(text) ? '%2e' : encodeURIComponent(text.slice(0, LONGEST).toWellFormed());
}
