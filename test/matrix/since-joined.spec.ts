import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { picture } from '../support/files.js';
import type { TestSocket } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { call, type Person, World } from '../support/world.js';
import { uploaded } from '../media/uploading.js';
import { carriersOfMessages } from './support/carriers.js';
import { PERMISSIONS } from './support/permissions.js';
import { isEvent, titleOf } from './support/rules.js';
import { OLD_REACTION, OLD_WORD, type Past, PAST_READS, PAST_WRITES, type PastRow, QUIET_WORD } from './support/since-joined.rows.js';

// Where history begins with joining, no late joiner sees or changes on any path what was sent before: neither a new member nor a former one
// who rejoined. They try each path, and so does, with the same permissions, a member from the start.

type Shared = Omit<Past, 'mine' | 'reaction' | 'me' | 'ticket'> & {
  readonly own: Record<'bob' | 'ida', { mine: string; reaction: string }>;
};

let world: World;
let ana: Person;
let bob: Person;
let late: { eva: Person; ida: Person };
let room: any;
let quiet: any;
let medium: any;
let code: string;
let read: Shared;
const written = new Map<PastRow, Shared>();

beforeAll(async () => {
  world = await World.shared();
  const people = await world.people('ana', 'bob', 'eva', 'ida');
  ({ ana, bob } = people);
  late = { eva: people.eva, ida: people.ida };
  const { ida } = late;
  const ranks = (person: Person) => ana.patches(`/rooms/${room.id}/users/${person.id}`, { role: 'admin', permissions: PERMISSIONS });
  const opens = (type: string) =>
    ana.posts('/rooms', { type, name: 'a room', historyVisibility: 'since_joined', userIds: [bob.id, ida.id] });
  [room, quiet, medium] = [await opens('team'), await opens('channel'), await uploaded(ana, await picture.png(), `${OLD_WORD}.png`)];
  ({ code } = await ana.posts(`/rooms/${room.id}/invites`));
  await ranks(bob);
  await ana.sends(quiet, `${QUIET_WORD} @all`);
  await ana.sends(quiet, `${QUIET_WORD} again`);
  for (const row of PAST_WRITES) written.set(row, await somethingOld());
  read = await somethingOld();
  for (const { id } of [room, quiet]) {
    await ida.posts(`/rooms/${id}/leave`);
    await ana.posts(`/rooms/${id}/users`, { userIds: [late.eva.id, ida.id] });
  }
  await Promise.all([ranks(late.eva), ranks(ida)]);
  const { rev } = await ana.gets(`/rooms/${room.id}`);
  for (const one of [read, ...written.values()]) Object.assign(one, { rev });
  await ana.patches(`/rooms/${room.id}/messages/${read.message}`, { text: `${OLD_WORD} as it is @all` });
  const { id: fresh } = await ana.sends(room, 'look above', { replyToId: read.message });
  await ana.puts(`/rooms/${room.id}/messages/${fresh}/pin`);
  Object.assign(read, { fresh });
  await until('all is found', async () => (await ana.gets(`/messages/search?query=above&roomId=${room.id}`)).items.length > 0);
  for (const person of [bob, late.eva, ida]) await person.connects();
}, 60_000);
afterAll(() => world?.stop());

/** An old message with everything that can be attached to one. */
async function somethingOld(): Promise<Shared> {
  const message = await ana.sends(room, `${OLD_WORD} @all`, { mediaIds: [medium.id] });
  const path = `/rooms/${room.id}/messages/${message.id}`;
  await ana.patches(path, { text: `${OLD_WORD} as it was @all` });
  const reacts = async (person: Person, reaction: string) => (await person.posts(`${path}/reactions`, { reaction })).id;
  const own = {
    bob: { mine: (await bob.sends(room, `${OLD_WORD} from bob`, { replyToId: message.id })).id, reaction: await reacts(bob, OLD_REACTION) },
    ida: { mine: (await late.ida.sends(room, 'mine')).id, reaction: await reacts(late.ida, '🦊') },
  };
  await ana.puts(`${path}/pin`);
  const report = await bob.posts(`${path}/report`, { reason: OLD_WORD });
  return {
    room: room.id,
    quiet: quiet.id,
    message: message.id,
    seq: message.seq,
    own,
    report: report.id,
    medium: medium.id,
    code,
    fresh: '',
    rev: 0,
  };
}

const as = async (person: Person, { own, ...shared }: Shared): Promise<Past> => ({
  ...shared,
  ...(person === late.ida ? own.ida : own.bob),
  me: person.id,
  ticket: (await person.posts('/media/ticket')).ticket,
});

const THINGS = ['message', 'mine', 'reaction', 'report', 'medium'] as const;
const nowhere = (past: Past): Past => ({ ...past, ...Object.fromEntries(THINGS.map((thing) => [thing, randomUUID()])) });

async function asked(row: PastRow, person: Person, past: Past): Promise<{ ok: boolean; text: string }> {
  const { path = '', body } = row.ask(past);
  const plain = (payload: object): string =>
    THINGS.reduce((text, thing) => text.replaceAll(past[thing], `<${thing}>`), JSON.stringify({ ...payload, requestId: null }));
  if (isEvent(row)) {
    const { ok, ...ack } = await person.sockets[0]!.emits(row.at, body);
    return { ok, text: plain(ok ? ack : { status: ack.error.status, ...ack.error }) };
  }
  const token = row.open ? undefined : person.accessToken;
  const answer = await call(world.url, row.at.split(' ')[0]!, path, { ...(body && { body }), ...(token && { token }) });
  return { ok: answer.status < 300, text: plain(typeof answer.body === 'string' ? { text: answer.body } : answer.body) };
}

/** Expects that it holds no word, reaction or file from before. */
function expectNothingOfOld(text: string): void {
  for (const mark of [OLD_WORD, QUIET_WORD, OLD_REACTION, medium.id]) expect(text).not.toContain(mark);
}

describe.each([
  ['is read', PAST_READS],
  ['is touched', PAST_WRITES],
])('what was sent before %s by no late joiner:', (_, rows) => {
  it.each(rows.map((row) => ({ title: titleOf(row), row })))('$title', async ({ row }) => {
    const shared = written.get(row) ?? read;
    for (const person of Object.values(late)) {
      const mine = await as(person, shared);
      const { ok, text } = await asked(row, person, mine);
      expectNothingOfOld(text);
      if (row.sends) expect(text).toMatch(row.sends);
      expect([person.user.displayName, ok]).toEqual([person.user.displayName, row.late === 'nothing']);
      if (row.late === 'nowhere') expect(text).toBe((await asked(row, person, nowhere(mine))).text);
    }
    const { ok, text } = await asked(row, bob, await as(bob, shared));
    expect([ok, text]).toEqual([true, expect.stringMatching(row.shows ?? /./)]);
  });
});

it('no other route or event carries messages', async () => {
  const carriers = await carriersOfMessages(world.url);
  const rows = new Set([...PAST_READS, ...PAST_WRITES].map(({ at }) => at));
  expect(carriers.asked.filter((at) => !rows.has(at))).toEqual([]);
  expect(carriers.received.toSorted()).toEqual(SENT.toSorted());
});

/** The events below. */
const SENT = ['ready', 'messages:created', 'messages:updated', 'message', 'room:created', 'membership:updated'];

it('a message of before, sent again, is answered to who may still read it', async () => {
  const again = (person: Person, { mine }: { mine: string }, text: string, replyToId?: string) =>
    person.statusOf('POST', `/rooms/${room.id}/messages`, { id: mine, text, ...(replyToId && { replyToId }) });
  expect(await again(late.ida, read.own.ida, 'mine')).toBe('404 message_not_found');
  expect(await again(bob, read.own.bob, `${OLD_WORD} from bob`, read.message)).toBe('200');
});

describe('no late joiner receives an event with what was sent before', () => {
  const on = (rest = ''): string => `/rooms/${room.id}/messages/${read.message}${rest}`;
  let sockets: Record<'bob' | 'eva' | 'ida' | 'framed', TestSocket>;
  beforeAll(async () => {
    sockets = {
      bob: await bob.connects(),
      eva: await late.eva.connects(),
      ida: await late.ida.connects(),
      framed: await late.eva.connects({ frames: true }),
    };
  });
  afterEach(() =>
    [sockets.eva, sockets.ida, sockets.framed].forEach(({ received: received }) => expectNothingOfOld(JSON.stringify(received))),
  );

  it.each<[kind: string, act: () => Promise<unknown>]>([
    ['edited', () => ana.patches(on(), { text: `${OLD_WORD} once more` })],
    ['unpinned', () => ana.deletes(on('/pin'))],
    ['pinned', () => ana.puts(on('/pin'))],
    ['reaction_added', () => ana.posts(on('/reactions'), { reaction: OLD_REACTION })],
    ['reaction_removed', () => ana.deletes(on(`/reactions?reaction=${encodeURIComponent(OLD_REACTION)}`))],
    ['deleted', () => ana.deletes(on())],
  ])('when it is %s', async (kind, act) => {
    const { rev } = await ana.gets(`/rooms/${room.id}`);
    const its = (packet: any) => packet.roomId === room.id && packet.rev === rev + 1;
    await act();
    const received = await sockets.bob.receives('messages:updated', its);
    expect([received.messages.length, received.causes[0]]).toEqual([
      1,
      expect.objectContaining({ kind, messageId: read.message, userId: ana.id }),
    ]);
    for (const socket of [sockets.eva, sockets.ida, sockets.framed]) {
      const causes = [{ rev: rev + 1, kind: 'hidden', messageId: read.message, userId: null }];
      expect(await socket.receives('messages:updated', its)).toEqual({ roomId: room.id, prevRev: rev, rev: rev + 1, messages: [], causes });
    }
  });

  it('when it is answered', async () => {
    const { message } = [...written.values()].at(-1)!;
    await ana.sends(room, 'see above', { replyToId: message });
    expect((await sockets.bob.receivesText('see above')).replyTo.preview.text).toContain(OLD_WORD);
    for (const socket of [sockets.eva, sockets.ida]) expect((await socket.receivesText('see above')).replyTo.preview).toBeNull();
    expect(await sockets.framed.receives('message', ({ data }) => data === 'see above')).toMatchObject({ from: ana.id });
  });

  it('when many changes come in one packet', async () => {
    const { rev } = await ana.gets(`/rooms/${room.id}`);
    const { message } = [...written.values()].at(-1)!;
    const each = [...'👍👎😀😁'].flatMap((reaction) =>
      [message, read.fresh].map((id) => ana.posts(`/rooms/${room.id}/messages/${id}/reactions`, { reaction })),
    );
    await Promise.all(each);
    await sockets.bob.receives('messages:updated', (packet) => packet.rev === rev + 8);
    for (const socket of [sockets.eva, sockets.ida]) {
      await socket.receives('messages:updated', (packet) => packet.rev === rev + 8);
      const packets = socket.all('messages:updated').filter((packet) => packet.rev > rev);
      expect(new Set(packets.flatMap(({ messages }) => messages).map(({ id }) => id))).toEqual(new Set([read.fresh]));
      const kinds = packets.flatMap(({ causes }) => causes).map(({ kind, messageId }) => [kind, messageId]);
      expect(kinds.filter(([kind, id]) => (kind === 'hidden') !== (id === message))).toEqual([]);
    }
  });

  it('when they join, and in events about themselves', async () => {
    const heads = (socket: TestSocket) => socket.all('ready')[0].rooms.find(({ roomId }: { roomId: string }) => roomId === quiet.id);
    for (const person of Object.values(late)) {
      await ana.deletes(`/rooms/${quiet.id}/users/${person.id}`);
      await ana.posts(`/rooms/${quiet.id}/users`, { userId: person.id });
      const { room: come } = await person.sockets[0]!.receives('room:created', (packet) => packet.room.id === quiet.id);
      expect(come).toMatchObject({ lastMessage: null, lastSeq: 3, membership: { unreadCount: 0, mentionCount: 0, visibleFromSeq: 4 } });
      await person.patches(`/rooms/${quiet.id}/users/me`, { muted: true });
      const { membership } = await person.sockets[0]!.receives('membership:updated', ({ roomId }) => roomId === quiet.id);
      expect(membership).toMatchObject({ unreadCount: 0, mentionCount: 0 });
      expect(heads(await person.connects())).toMatchObject({ seq: 3, unreadCount: 0, mentionCount: 0 });
    }
    const open = await ana.posts('/rooms', { type: 'channel', name: 'open' });
    await ana.sends(open, OLD_WORD);
    await ana.posts(`/rooms/${open.id}/users`, { userId: bob.id });
    const { room: come } = await sockets.bob.receives('room:created', (packet) => packet.room.id === open.id);
    expect(come).toMatchObject({ lastMessage: { text: OLD_WORD }, membership: { visibleFromSeq: 1 } });
  });
});
