import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { likeOf, normalise, termsOf, tsqueryOf } from '../../src/search/search-text.policy.js';
import { SearchQueries, type SearchRequest } from '../../src/search/search.queries.js';
import type { Json } from '../support/test-socket.js';
import { limitOf, property } from '../support/properties.js';
import { until } from '../support/until.js';
import { World, type Person } from '../support/world.js';

const ALPHABETS = ['abc', 'аёй', '日本語', 'اب\u064e', '🎉👍', "a'\\%_"];
const word = fc.constantFrom(...ALPHABETS).chain((letters) => fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 6 }));
const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));

/** A small scope is read whole, a large one is searched by two other strategies: here the scope claims to be large. */
describe('every search strategy finds the same', () => {
  let world: World;
  let ana: Person;
  let rooms: Json[];
  const messages: Json[] = [];
  beforeAll(async () => {
    world = await World.start();
    ana = await world.person('ana');
    rooms = [await ana.opensGroup(), await ana.opensTeam()];
    for (const [index, payload] of fc.sample(text, { numRuns: 120, seed: 42 }).entries())
      messages.push(await ana.sends(rooms[index % 2], payload));
    for (const room of rooms) await ana.sends(room, 'the end');
    await until('both rooms indexed', async () => (await ana.gets('/messages/search?query=the%20end')).items.length === 2, 20_000);
  }, 60_000);
  afterAll(() => world.stop());

  it(
    'messages as reading all of them, newest first',
    async () => {
      const queries = world.app.app.get(SearchQueries, { strict: false });
      const expected = (terms: string[], roomId: string | null): string[] =>
        messages
          .filter((message) => roomId === null || message.roomId === roomId)
          .filter((message) => terms.every((term) => normalise(message.text).includes(term)))
          .map((message) => message.id)
          .reverse();
      const orderOf = (terms: string[], roomId: string | null, limit: number): SearchRequest => ({
        viewer: ana.id,
        roomId,
        userId: null,
        hasMedia: null,
        after: null,
        before: null,
        patterns: terms.map(likeOf),
        tsquery: tsqueryOf(terms, roomId === null ? {} : { roomId }),
        cursor: [null, null, null],
        limit,
      });
      const part = fc.tuple(fc.nat({ max: 119 }), fc.nat({ max: 20 }), fc.integer({ min: 1, max: 8 }));
      await fc.assert(
        fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 2 }), fc.constantFrom(0, 1, null), async (parts, which) => {
          const query = parts.map(([message, from, length]) => [...messages[message].text].slice(from, from + length).join('')).join(' ');
          const terms = termsOf(query, 10);
          fc.pre(terms.length > 0);
          const roomId = which === null ? null : rooms[which].id;
          const readable = await queries.findScope(ana.id, roomId);
          const all = expected(terms, roomId);
          // Read all; the newest; many; the trigram index.
          const ways = [
            { limit: 200, messages: 0, pages: 0 },
            { limit: 1, messages: Infinity, pages: 0 },
            { limit: 200, messages: Infinity, pages: 1 },
            { limit: 200, messages: Infinity, pages: 0 },
          ];
          for (const { limit, messages: count, pages } of ways) {
            const found = await queries.searchMessages(orderOf(terms, roomId, limit), {
              ...readable,
              messages: count,
              all: { entries: 1, pages },
            });
            expect(found.map(({ view }) => view.id)).toEqual(all.slice(0, limit));
          }
        }),
        property(30, 60_000),
      );
    },
    limitOf(60_000),
  );
});
