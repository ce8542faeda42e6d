import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { Transactions } from '../../src/database/transactions.js';
import { InstallationExport } from '../../src/manage/transfer/installation-export.js';
import { UnreadRepair } from '../../src/room-users/unread-repair.service.js';
import type { Json } from '../support/test-socket.js';
import { AT, group, line, ndjson, member, takes, user } from '../support/import-file.js';
import { AppProcess, type Ended } from '../support/processes.js';
import { call, Person, World } from '../support/world.js';

let here: World;
let there: World;
let db: pg.Client;
let folder: string;

const manage = (world: World, ...args: string[]): Promise<Ended> =>
  AppProcess.command(
    { DATABASE_URL: world.app.databaseUrl, JWT_SECRET: 'only for commands that sign nothing', ARGON2_MEMORY_KIB: '64' },
    ...args,
  ).end();

const exported = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await manage(here, 'export', ...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

const imported = async (text: string): Promise<Ended> => {
  const file = path.join(folder, `${randomUUID()}.ndjson`);
  await writeFile(file, text);
  return manage(there, 'import', file);
};

const wrongMarks = async (): Promise<number> => (await there.app.app.get(UnreadRepair).repairUnread()).wrong;

const records = (text: string): Json[] =>
  text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
const epoch = async (): Promise<string> => (await db.query(`SELECT value FROM server_state WHERE key = 'epoch'`)).rows[0].value;
/** Copies the user's password to the other installation and logs in there. */
async function arrives(person: Person): Promise<Person> {
  const { rows } = await source.query(`SELECT password_hash FROM users WHERE id = $1`, [person.id]);
  await db.query(`UPDATE users SET password_hash = $2 WHERE id = $1`, [person.id, rows[0].password_hash]);
  const { username, password } = person;
  const { body } = await call(there.url, 'POST', '/auth/login', { body: { username, password } });
  return new Person(there, username, password, body.user, body.accessToken, body.refreshToken);
}

/** Everything that the user sees, over HTTP. */
async function viewOf(person: Person): Promise<Json> {
  const rooms: Json[] = (await person.gets('/rooms?order=id')).items;
  const { my, ...me } = await person.gets('/users/me');
  expect(my).toEqual(expect.any(Number));
  const inside = await Promise.all(
    rooms.map(async ({ id }) => ({
      page: await person.page({ id }, '?limit=100'),
      users: await person.gets(`/rooms/${id}/users`),
      pins: await person.gets(`/rooms/${id}/pins`),
    })),
  );
  return {
    me,
    rooms,
    inside,
    friends: await person.gets('/friends'),
    blocks: await person.gets('/users/me/blocks'),
    mentions: await person.gets('/mentions'),
    reactions: await person.gets('/reactions'),
  };
}

let source: pg.Client;
let people: Record<'ana' | 'bob' | 'cem' | 'dee' | 'eva', Person>;
let trip: Json;
let file: string;

async function populate(): Promise<void> {
  people = await here.people('ana', 'bob', 'cem', 'dee', 'eva');
  const { ana, bob, cem, dee, eva } = people;
  trip = await ana.opensGroup(bob, cem);
  const hello = await ana.sends(trip, `hello @${bob.username}\u2028and all`);
  await bob.sends(trip, 'an answer', { replyToId: hello.id });
  const wrong = await cem.sends(trip, 'wrogn');
  await cem.patches(`/rooms/${trip.id}/messages/${wrong.id}`, { text: 'wrong' });
  const gone = await bob.sends(trip, 'soon deleted', { replyToId: hello.id });
  await bob.deletes(`/rooms/${trip.id}/messages/${gone.id}`);
  for (const person of [ana, bob, cem]) await person.posts(`/rooms/${trip.id}/messages/${hello.id}/reactions`, { reaction: '👍' });
  await bob.posts(`/rooms/${trip.id}/messages/${hello.id}/reactions`, { reaction: '🎉' });
  await ana.puts(`/rooms/${trip.id}/messages/${wrong.id}/pin`);
  await ana.patches(`/rooms/${trip.id}`, { historyVisibility: 'since_joined', description: 'to the sea' });
  await ana.befriends(dee);
  await ana.posts(`/rooms/${trip.id}/users`, { userId: dee.id });
  await ana.sends(trip, 'for everyone', { mentions: 'all' });
  await ana.patches(`/rooms/${trip.id}/users/${cem.id}`, { role: 'admin' });
  await ana.patches(`/rooms/${trip.id}/users/${bob.id}`, { permissions: ['can_create_messages', 'can_pin_messages'] });
  await bob.patches(`/rooms/${trip.id}/users/me`, { muted: true, draft: 'not yet' });
  await bob.puts(`/rooms/${trip.id}/users/me/read`, { seq: 3 });
  const news = await ana.posts('/rooms', {
    type: 'channel',
    name: 'news',
    isPublic: true,
    metaTags: ['b', 'a'],
    userIds: [bob.id, eva.id],
  });
  await ana.sends(news, 'something happened');
  await ana.puts(`/rooms/${news.id}/bans/${eva.id}`, { reason: 'noise' });
  const team = await ana.opensTeam(bob, cem);
  await bob.posts('/rooms', { type: 'private_messages', userIds: [cem.id], teamId: team.id });
  const pair = await ana.opensPrivate(bob);
  await ana.sends(pair, 'between us', { mediaIds: [await upload(ana)], type: 'file' });
  await eva.puts(`/users/me/blocks/${dee.id}`);
}

async function upload(person: Person): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob(['some words'], { type: 'text/plain' }), 'words.txt');
  const answer = await fetch(`${here.url}/v1/media`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${person.accessToken}` },
  });
  return ((await answer.json()) as { id: string }).id;
}

beforeAll(async () => {
  [here, there] = await Promise.all([World.start(), World.start()]);
  folder = await mkdtemp(path.join(tmpdir(), 'parley-transfer-'));
  db = new pg.Client(there.app.databaseUrl);
  source = new pg.Client(here.app.databaseUrl);
  await Promise.all([db.connect(), source.connect()]);
  await populate();
  file = await exported();
}, 60_000);

afterAll(async () => {
  await Promise.all([db?.end(), source?.end()]);
  await Promise.all([here?.stop(), there?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

describe('the export and import of an installation', () => {
  it('writes lines without secrets', () => {
    const lines = records(file);
    expect(lines[0]).toMatchObject({ record: 'header', format: 'parley', version: 1, roomId: null, epoch: expect.any(String) });
    expect(lines.at(-1)).toEqual({ record: 'end', records: lines.length - 1 });
    expect(file).not.toMatch(/argon2|passwordHash|refreshToken|soon deleted/);
    const seqs = lines.filter(({ record, roomId }) => record === 'message' && roomId === trip.id).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it('shows every user the same as before', async () => {
    const { code, stdout, stderr } = await imported(file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^user: 5 read, 5 new$/m);
    expect(stdout).not.toMatch(/owner|cut off/);
    for (const person of Object.values(people)) {
      const [old, moved] = [await viewOf(person), await viewOf(await arrives(person))];
      expect(moved).toEqual(old);
    }
    const cem = await arrives(people.cem);
    const edited = (await cem.page(trip)).items.find(({ text }: Json) => text === 'wrong');
    expect((await cem.gets(`/rooms/${trip.id}/messages/${edited.id}/history`)).items).toMatchObject([{ text: 'wrogn' }]);
  }, 60_000);

  it('keeps read marks that equal a count of the messages', async () => {
    expect(await wrongMarks()).toBe(0);
  });

  it('changes nothing in a second run', async () => {
    const state = async () => (await db.query(`SELECT * FROM room_heads ORDER BY room_id`)).rows;
    const [before, name] = [await state(), await epoch()];
    const { code, stdout } = await imported(`\n> parley@1.0.0 manage\n\n${file}`);
    expect(code).toBe(0);
    expect(stdout.match(/\d+ new/g)).toEqual(
      stdout
        .trim()
        .split('\n')
        .map(() => '0 new'),
    );
    expect([await state(), await epoch()]).toEqual([before, name]);
  }, 60_000);

  it('brings no passwords; the administrator sets them', async () => {
    await db.query(`UPDATE users SET password_hash = NULL WHERE id = $1`, [people.dee.id]);
    const login = (password: string) => call(there.url, 'POST', '/auth/login', { body: { username: people.dee.username, password } });
    expect((await login(people.dee.password)).status).toBe(401);
    const { stdout } = await manage(there, 'set-password', people.dee.username);
    expect((await login(/has the password (\S+)/.exec(stdout)![1]!)).status).toBe(200);
  }, 60_000);
});

describe('the export and import of one room', () => {
  it('adds new messages to an existing room and voids the sync cursors of its clients', async () => {
    const { ana } = people;
    const [movedAna, movedBob] = [await arrives(ana), await arrives(people.bob)];
    await movedBob.sends({ id: trip.id }, 'sent there only');
    const { seq, rev } = await movedAna.page(trip);
    const name = await epoch();
    const socket = await movedAna.connects();
    const late = await ana.sends(trip, 'sent here only');
    const { code, stdout } = await imported(await exported('--room', trip.id));
    expect([code, /^message: (.*)$/m.exec(stdout)![1]]).toEqual([0, `${seq} read, 1 new`]);
    expect((await movedAna.page(trip)).items.slice(-2)).toMatchObject([
      { text: 'sent there only' },
      { id: late.id, seq: seq + 1, createdAt: late.createdAt },
    ]);
    expect(await movedAna.gets(`/rooms/${trip.id}/changes?seq=${seq}&rev=${rev}`)).toMatchObject({
      reset: true,
      messages: [],
      seq: seq + 1,
    });
    expect(await epoch()).not.toBe(name);
    await socket.receives('resync', () => true, 15_000);
    expect((await movedBob.sends({ id: trip.id }, 'and on')).seq).toBe(seq + 2);
    expect(await wrongMarks()).toBe(0);
  }, 60_000);

  it('writes a file with the users whom the room names, without their private data', async () => {
    const output = path.join(folder, 'room.ndjson');
    const { code, stdout } = await manage(here, 'export', '--room', trip.id, '--output', output);
    const lines = records(await readFile(output, 'utf8'));
    expect([code, stdout.trim()]).toEqual([0, `${lines.length - 1} records in ${output}`]);
    expect(new Set(lines.map(({ roomId }) => roomId ?? trip.id))).toEqual(new Set([trip.id]));
    const named = lines.filter(({ record }) => record === 'user');
    expect(named.map(({ id }) => id).sort()).toEqual([people.ana, people.bob, people.cem, people.dee].map(({ id }) => id).sort());
    expect(named.map(({ privacy, external }) => privacy ?? external)).toEqual([null, null, null, null]);
    const nowhere = new InstallationExport(here.app.app.get(Transactions)).writeRecords(randomUUID(), async () => undefined);
    await expect(nowhere).rejects.toThrow(/^there is no room /);
  }, 60_000);
});

describe('the import of a handwritten file', () => {
  const [old, pal] = [user('old.hand'), user('old.pal')];
  const room = group(old.id);
  const base = [old, pal, room];

  it.each<[string, string, string]>([
    ['a line that is not JSON', `${ndjson(...base)}{"record"`, 'line 5: is not JSON'],
    ['an unknown record', ndjson({ record: 'poem' }), 'line 2: record is invalid'],
    ['another format', '{"record":"header","format":"other","version":1}', 'line 1: format is invalid'],
    ['a file without header', JSON.stringify(old), 'line 1: record must be "header"'],
    ['a wrong value', ndjson({ ...old, username: 'Old Hand' }), 'line 2: username must be 3 to 32'],
    ['an unknown field', ndjson({ ...old, password: 'secret' }), 'line 2: password is not a known field'],
    ['a missing field', ndjson({ ...old, createdAt: undefined }), 'line 2: createdAt must be a time'],
    ['a time in the future', ndjson({ ...old, createdAt: '2999-01-01T00:00:00Z' }), 'line 2: createdAt is in the future'],
    ['a time before the year 1', ndjson({ ...old, createdAt: '0000-01-01T00:00:00Z' }), 'line 2: createdAt must be in the years 1 to 9999'],
    ['a text that cannot be stored', ndjson(...base, line(room.id, old.id, 'a\u0000b')), 'line 5: text contains a character'],
    ['a tombstone with a text', ndjson(...base, line(room.id, old.id, 'x', { deletedAt: AT })), 'line 5: text must be null'],
    ['a wrong count', `${ndjson(old)}{"record":"end","records":7}`, 'line 3: records is 7, but 2 records precede it'],
    [
      'an unknown author',
      ndjson(...base, line(room.id, old.id, 'x'), line(room.id, randomUUID(), 'y')),
      'line 6: userId is an unknown user',
    ],
    [
      'a reply to a later message',
      ndjson(...base, line(room.id, old.id, 'x', { replyToId: randomUUID() })),
      'line 5: replyToId is not an earlier message',
    ],
    [
      'an unknown file',
      ndjson(...base, line(room.id, old.id, 'x', { mediaIds: [randomUUID()] })),
      'line 5: mediaIds names an unknown file',
    ],
    ['an unknown room', ndjson(old, line(randomUUID(), old.id, 'x')), 'line 3: roomId is an unknown room'],
    ['two owners', ndjson(...base, member(room.id, old.id, 'owner'), member(room.id, pal.id, 'owner')), 'line 6: role cannot be owner'],
    [
      'a read mark at an unknown message',
      ndjson(...base, { ...member(room.id, old.id), lastReadId: randomUUID() }),
      'line 5: lastReadId is not an earlier message',
    ],
    [
      'a reaction to an unknown message',
      ndjson(...base, { record: 'reaction', roomId: room.id, messageId: randomUUID(), userId: old.id, reaction: '👍', createdAt: AT }),
      'line 5: messageId is not an earlier message',
    ],
  ])(
    'fails for %s',
    async (_, text, complaint) => {
      const problem = await takes(there, text).then(String, (error: Error) => error.message);
      expect(problem).toContain(complaint);
      expect(problem).not.toContain('\n');
      expect((await db.query(`SELECT 1 FROM messages WHERE room_id = $1`, [room.id])).rowCount).toBe(0);
      expect((await db.query(`SELECT 1 FROM room_users WHERE room_id = $1`, [room.id])).rowCount).toBe(0);
    },
    60_000,
  );

  it('fails with one line of text, before anything is written when a single record is invalid', async () => {
    const valid = user('new.user');
    const { code, stderr } = await imported(ndjson(valid, user('x')));
    expect([code, stderr]).toEqual([1, 'line 3: username must be 3 to 32 of a-z 0-9 _ . -\n']);
    expect((await db.query(`SELECT 1 FROM users WHERE id = $1`, [valid.id])).rowCount).toBe(0);
    const taken = people.ana.username;
    await expect(takes(there, ndjson(user(taken)))).rejects.toThrow(`line 2: username is taken: ${taken} is another account here`);
  }, 60_000);

  it('stores no hash of a deleted message, from which a short text could be recovered', async () => {
    const [author, requestHash] = [user('short.spoken'), 'ab'.repeat(32)];
    const past = group(author.id);
    const kept = line(past.id, author.id, 'yes', { requestHash });
    const gone = line(past.id, author.id, '', { text: null, requestHash, deletedAt: AT });
    await takes(there, ndjson(author, past, kept, gone, member(past.id, author.id, 'owner')));
    const { rows } = await db.query(`SELECT id, encode(request_hash, 'hex') AS hash FROM messages WHERE room_id = $1 ORDER BY seq`, [
      past.id,
    ]);
    expect(rows).toEqual([
      { id: kept.id, hash: requestHash },
      { id: gone.id, hash: null },
    ]);
  });

  it('inserts 5,000 messages in steps, and continues after an interruption', async () => {
    const [chief, mate] = [user('chief.hand'), user('mate.hand')];
    const past = group(chief.id);
    const payload = Array.from({ length: 5_000 }, (_, index) => line(past.id, [chief, mate][index % 2]!.id, `line ${index + 1}`));
    for (const [index, message] of payload.entries()) if (index % 10 === 9) Object.assign(message, { replyToId: payload[index - 9]!.id });
    const head = [chief, mate, past];
    const tail = [member(past.id, chief.id, 'owner'), { ...member(past.id, mate.id), lastReadId: payload[99]!.id }];
    const broken = payload.with(3_210, { ...payload[3_210]!, userId: randomUUID() });
    const count = async () =>
      (await db.query(`SELECT count(*)::int AS n, max(seq)::int AS last FROM messages WHERE room_id = $1`, [past.id])).rows[0];

    await expect(takes(there, ndjson(...head, ...broken, ...tail))).rejects.toThrow('line 3215: userId is an unknown user');
    const { n, last } = await count();
    expect(n).toBe(last);
    expect(n).toBeGreaterThan(2_000);
    expect(n).toBeLessThan(3_210);

    const whole = await imported(ndjson(...head, ...payload, ...tail));
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(whole.stdout).toMatch(`message: 5000 read, ${5_000 - n} new`);
    expect(whole.stdout).toMatch(/no end record/);
    expect(await count()).toEqual({ n: 5_000, last: 5_000 });
    const { rows } = await db.query(`SELECT text, reply_count, created_at FROM messages WHERE room_id = $1 ORDER BY seq`, [past.id]);
    expect(rows.map(({ text }) => text)).toEqual(payload.map(({ text }) => text));
    expect(rows.filter(({ reply_count }) => reply_count === 1)).toHaveLength(500);
    expect(rows[0].created_at.toISOString()).toBe(AT);
    expect(await wrongMarks()).toBe(0);
    const { rows: members } = await db.query(`SELECT last_read_seq::int AS seq, last_read_n::int AS n FROM room_users WHERE room_id = $1`, [
      past.id,
    ]);
    expect(members).toEqual([1, 2].map(() => ({ seq: 5_000, n: 5_000 })));
  }, 60_000);
});
