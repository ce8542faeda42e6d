import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SearchIndexer } from '../../src/search/search-indexer.service.js';
import type { Json } from '../support/test-socket.js';
import { until } from '../support/until.js';
import type { Person } from '../support/world.js';
import { World } from '../support/world.js';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('search', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start()));
  afterAll(() => world.stop());

  const find = async (person: Person, query: string, more = ''): Promise<Json[]> =>
    (await person.gets(`/messages/search?query=${encodeURIComponent(query)}${more}`)).items;
  const idsOf = async (person: Person, query: string, more = ''): Promise<string[]> =>
    (await find(person, query, more)).map((item) => item.message.id);
  /** New messages are indexed with a delay: waits until the newest one is found. */
  const indexed = (person: Person, message: Json): Promise<unknown> =>
    until('the newest message found', async () => (await idsOf(person, message.text, `&roomId=${message.roomId}`)).includes(message.id));

  /** An image of one pixel. */
  const uploaded = async (person: Person): Promise<string> => {
    const form = new FormData();
    form.append('file', new Blob([PIXEL], { type: 'image/png' }), 'pixel.png');
    const headers = { authorization: `Bearer ${person.accessToken}` };
    const answer = await fetch(`${world.url}/v1/media`, { method: 'POST', body: form, headers });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as Json).id;
  };

  it.each([
    ['a word', 'The quick brown fox', 'brown'],
    ['part of a word', 'unbelievable things', 'lieva'],
    ['two letters', 'the end xq', 'xq'],
    ['one letter', 'plan ß', 'ss'],
    ['with accents, asked without', 'déjà vu à Orléans', 'deja orleans'],
    ['without accents, asked with', 'resume', 'résumé'],
    ['words in any order', 'first second third', 'third first'],
    ['punctuation', 'what?! (really)', '?!'],
    ['the signs of patterns', '100% of a_b\\c', '% a_b\\c'],
    ['a quote', "it's o'clock", "o'clo"],
    ['Chinese, one character', '今天天气很好', '气'],
    ['Chinese, two', '我们去吃饭吧', '吃饭'],
    ['Japanese', '東京都に住んでいます', '京都に住'],
    ['Korean', '안녕하세요 여러분', '하세'],
    ['Cyrillic', 'Привет, мир', 'прив'],
    ['Arabic', 'السَّلامُ عليكم', 'السلام'],
    ['Hebrew', 'שלום עולם', 'עולם'],
    ['Hindi', 'नमस्ते दुनिया', 'दुनि'],
    ['Thai', 'สวัสดีครับ', 'ดีคร'],
    ['an emoji', 'well done 🎉🎉', '🎉'],
    ['an emoji with a tone', 'yes 👍🏽', '👍🏽'],
    ['a link', 'see https://example.org/a-page?x=1', 'example.org/a-p'],
  ])('finds %s', async (_, text, query) => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    await ana.sends(room, 'something else entirely');
    const message = await ana.sends(room, text);
    await indexed(ana, message);
    const items = await find(ana, query);
    expect(items).toEqual([{ message, snippet: text }]);
  });

  it('finds only messages that the user may read at that moment', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    const room = await ana.opensGroup();
    const word = `w${randomUUID().slice(0, 8)}`;
    const old = await ana.sends(room, `old ${word}`);
    await ana.patches(`/rooms/${room.id}`, { historyVisibility: 'since_joined' });
    await ana.befriends(bob);
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    const fresh = await ana.sends(room, `fresh ${word}`);
    await indexed(ana, fresh);
    expect(await idsOf(ana, word)).toEqual([fresh.id, old.id]);
    expect(await idsOf(bob, word)).toEqual([fresh.id]);
    expect(await idsOf(zoe, word)).toEqual([]);
    expect(await zoe.statusOf('GET', `/messages/search?query=${word}&roomId=${room.id}`)).toBe('404 room_not_found');
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect(await idsOf(bob, word)).toEqual([]);
  });

  it('finds edited and deleted messages by their current state, from the answer on', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const before = await ana.sends(room, 'walrus one');
    const message = await ana.sends(room, 'walrus two');
    await indexed(ana, message);
    const path = `/rooms/${room.id}/messages`;
    const edited = await ana.patches(`${path}/${message.id}`, { text: 'penguin two' });
    expect(await idsOf(ana, 'walrus')).toEqual([before.id]);
    expect(await find(ana, 'penguin')).toEqual([{ message: edited, snippet: 'penguin two' }]);
    await ana.deletes(`${path}/${before.id}`);
    expect(await idsOf(ana, 'walrus')).toEqual([]);
    // Also before the message is indexed.
    const hasty = await ana.sends(room, 'ostrich');
    await ana.deletes(`${path}/${hasty.id}`);
    const later = await ana.sends(room, 'ostrich again');
    await indexed(ana, later);
    expect(await idsOf(ana, 'ostrich')).toEqual([later.id]);
  });

  it('finds messages by room, user and time', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const group = await ana.opensGroup(bob);
    const team = await ana.opensTeam(bob);
    const messages: Json[] = [];
    for (const [person, room] of [
      [ana, group],
      [bob, group],
      [ana, team],
      [bob, team],
    ] as const) {
      messages.push(await person.sends(room, 'the zebra'));
    }
    await indexed(ana, messages[1]);
    await indexed(ana, messages[3]);
    const [a, b, c, d] = messages.map((message) => message.id);
    expect(await idsOf(ana, 'zebra')).toEqual([d, c, b, a]);
    expect(await idsOf(ana, 'zebra', `&roomId=${group.id}`)).toEqual([b, a]);
    expect(await idsOf(ana, 'zebra', `&userId=${bob.id}`)).toEqual([d, b]);
    expect(await idsOf(ana, 'zebra', `&userId=${bob.id}&roomId=${team.id}`)).toEqual([d]);
    expect(await idsOf(ana, 'zebra', `&before=${messages[2].createdAt}&after=${messages[0].createdAt}`)).toEqual([b]);
    expect(await idsOf(ana, 'zebra', '&hasMedia=true')).toEqual([]);
    expect(await idsOf(ana, 'zebra', '&hasMedia=false')).toEqual([d, c, b, a]);
  });

  it('returns pages, newest first', async () => {
    const ana = await world.person('ana');
    const rooms = [await ana.opensGroup(), await ana.opensTeam()];
    const payload: Json[] = [];
    for (const turn of [1, 2, 3, 4, 5, 6, 7]) payload.unshift(await ana.sends(rooms[turn % 2], `turtle ${turn}`));
    await indexed(ana, payload[0]);
    await indexed(ana, payload[1]);
    const found: string[] = [];
    let cursor = '';
    do {
      const page: Json = await ana.gets(`/messages/search?query=turtle&limit=3${cursor && `&cursor=${cursor}`}`);
      found.push(...page.items.map((item: Json) => item.message.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(found).toEqual(payload.map((message) => message.id));
  });

  it('finds messages that were not indexed when sent: after a crash, or by a command', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const message = await ana.sends(room, 'flamingo');
    await indexed(ana, message);
    const client = await world.database();
    await client.query('DELETE FROM message_search');
    await client.query('DELETE FROM search_marks');
    await client.end();
    expect(await idsOf(ana, 'flamingo')).toEqual([]);
    await world.app.app.get(SearchIndexer, { strict: false }).sweep();
    await indexed(ana, message);
  });

  it('finds media by the text of their message, and messages with or without media', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const picture = await ana.sends(room, 'a heron', { mediaIds: [await uploaded(ana)] });
    const words = await ana.sends(room, 'no heron');
    expect(picture).toMatchObject({ type: 'image', media: [{ kind: 'image' }] });
    await indexed(ana, words);
    expect(await idsOf(ana, 'heron', '&hasMedia=true')).toEqual([picture.id]);
    expect(await idsOf(ana, 'heron', '&hasMedia=false')).toEqual([words.id]);
    const path = `/rooms/${room.id}/messages/${picture.id}`;
    await ana.patches(path, { text: 'an egret' });
    expect(await idsOf(ana, 'egret', '&hasMedia=true')).toEqual([picture.id]);
    expect((await ana.patches(path, { text: null })).text).toBeNull();
    expect(await idsOf(ana, 'egret')).toEqual([]);
    expect(await ana.deletes(path)).toMatchObject({ media: [], text: null });
    // Also when the text was removed before the message was indexed.
    const hasty = await ana.sends(room, 'a stork', { mediaIds: [await uploaded(ana)] });
    for (const text of [null, 'a crane']) await ana.patches(`/rooms/${room.id}/messages/${hasty.id}`, { text });
    expect(await idsOf(ana, 'crane', '&hasMedia=true')).toEqual([hasty.id]);
    expect(await idsOf(ana, 'crane', '&hasMedia=false')).toEqual([]);
  });

  it.each([
    ['no query', '', '400 validation_failed'],
    ['an empty one', '?query=', '400 validation_failed'],
    ['nothing but blanks', '?query=%20%20', '422 empty_query'],
    ['a long one', `?query=${'x'.repeat(201)}`, '400 validation_failed'],
    ['NUL', '?query=a%00', '422 unstorable_text'],
    ['a bad time', '?query=x&before=yesterday', '400 validation_failed'],
    ['a day that is none', '?query=x&before=2026-02-30', '400 validation_failed'],
    ['a bad cursor', '?query=x&cursor=nonsense', '400 validation_failed'],
    ['a bad flag', '?query=x&hasMedia=maybe', '400 validation_failed'],
    ['an unknown filter', '?query=x&seq=1', '400 validation_failed'],
  ])('refuses %s', async (_, query, expected) => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('GET', `/messages/search${query}`)).toBe(expected);
  });
});
