import { rm, utimes, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { Settings } from '../../src/config/settings.js';
import { MediaGarbageCollector } from '../../src/media/media-garbage-collector.service.js';
import { ObjectStore } from '../../src/storage/object-store.js';
import { picture } from '../support/files.js';
import { limitOf, unrepeatable } from '../support/properties.js';
import { World, type Person } from '../support/world.js';
import { completes, direct, draftsOf, put, uploaded } from './uploading.js';

let world: World;
let database: pg.Client;
let store: ObjectStore;
let collector: MediaGarbageCollector;

beforeAll(async () => {
  world = await World.start();
  database = await world.database();
  store = world.app.app.get(ObjectStore);
  collector = world.app.app.get(MediaGarbageCollector);
});
afterAll(() => world.stop());

/** Makes all files older by this number of hours. */
const passes = (hours: number): Promise<unknown> =>
  database.query(
    `UPDATE media SET created_at = created_at - $1 * interval '1 hour', attached_at = attached_at - $1 * interval '1 hour',
       doomed_at = doomed_at - $1 * interval '1 hour', expires_at = expires_at - $1 * interval '1 hour'`,
    [hours],
  );

const runs = async (by = collector): Promise<Record<string, number>> => {
  const swept = await by.sweep();
  const collected = await by.collectGarbage();
  return { ...collected, marked: swept.marked + collected.marked, orphans: swept.orphans };
};

const REFERENCED = `SELECT media_id AS id FROM message_media UNION SELECT avatar_media_id FROM users WHERE avatar_media_id IS NOT NULL
  UNION SELECT avatar_media_id FROM rooms WHERE avatar_media_id IS NOT NULL`;
const idsOf = async (sql: string): Promise<string[]> => (await database.query<{ id: string }>(sql)).rows.map(({ id }) => id).sort();
const keysInStore = async (): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys.sort();
};
const keysOfRows = (): Promise<string[]> =>
  idsOf(`SELECT object_key AS id FROM media UNION ALL SELECT thumbnail_key FROM media WHERE thumbnail_key IS NOT NULL`);

describe('the media garbage collector', () => {
  let ana: Person;
  let bob: Person;
  let room: any;
  beforeAll(async () => {
    ({ ana, bob } = await world.people('ana', 'bob'));
    room = await ana.opensGroup(bob);
  });
  const file = (who = ana): Promise<any> => uploaded(who, Buffer.from(`a text ${Math.random()}`));
  const isThere = async ({ id }: { id: string }): Promise<boolean> => (await ana.call('GET', `/media/${id}/content`)).status === 200;

  it('marks a file that was not used for a day, and deletes it a day later', async () => {
    const media = await file();
    await runs();
    await passes(23);
    expect(await runs()).toMatchObject({ marked: 0, removed: 0 });
    await passes(2);
    expect(await runs()).toMatchObject({ marked: 1, removed: 0 });
    expect(await isThere(media)).toBe(true);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { mediaIds: [media.id] })).toMatch(/^422/);
    await passes(25);
    expect(await runs()).toMatchObject({ removed: 1 });
    expect(await isThere(media)).toBe(false);
    expect(await keysInStore()).toEqual(await keysOfRows());
  });

  it('deletes the files of deleted messages, but none of other messages', async () => {
    const [kept, lost] = [await file(), await file()];
    const message = await ana.sends(room, 'lost', { mediaIds: [lost.id] });
    await ana.sends(room, 'both', { mediaIds: [kept.id] });
    await ana.deletes(`/rooms/${room.id}/messages/${message.id}`);
    for (let day = 0; day < 3; day++) {
      await passes(25);
      await runs();
    }
    expect([await isThere(kept), await isThere(lost)]).toEqual([true, false]);
  });

  it('deletes replaced avatars, but none in use', async () => {
    const faces = await Promise.all([1, 2, 3].map(async () => uploaded(ana, await picture.png())));
    await ana.patches('/users/me', { avatarMediaId: faces[0].id });
    await ana.patches('/users/me', { avatarMediaId: faces[1].id });
    await ana.patches(`/rooms/${room.id}`, { avatarMediaId: faces[2].id });
    for (let day = 0; day < 3; day++) {
      await passes(25);
      await runs();
    }
    expect(await Promise.all(faces.map(isThere))).toEqual([false, true, true]);
  });

  it('restores a marked file to which something refers', async () => {
    const media = await file();
    await ana.sends(room, 'here', { mediaIds: [media.id] });
    await database.query(`UPDATE media SET doomed_at = now() - interval '2 days' WHERE id = $1`, [media.id]);
    expect(await runs()).toMatchObject({ restored: 1, removed: 0 });
    expect(await isThere(media)).toBe(true);
    await ana.sends(room, 'again', { mediaIds: [media.id] });
  });

  it('deletes expired direct uploads, but not within the hour after their end', async () => {
    const bytes = Buffer.from('a promise');
    const [left, late] = [await direct(ana, bytes, 'text/plain'), await direct(ana, bytes, 'text/plain')];
    for (const target of [left, late]) await put(ana, target, bytes);
    await database.query(`UPDATE media SET expires_at = now() - interval '2 hours' WHERE id = $1`, [left.mediaId]);
    await database.query(`UPDATE media SET expires_at = now() - interval '1 minute' WHERE id = $1`, [late.mediaId]);
    expect(await runs()).toMatchObject({ expired: 1 });
    expect((await completes(ana, left.mediaId)).status).toBe(404);
    expect((await completes(ana, late.mediaId)).body.code).toBe('upload_expired');
    expect(await keysInStore()).toEqual(await keysOfRows());
  });

  it('deletes old objects without a file, unless the store seems to belong to another database', async () => {
    const orphan = (name: string) =>
      store.put(`media/0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11/${name}`, Readable.from([Buffer.from('x')]), { contentType: 'text/plain' });
    await orphan('young');
    await orphan('old');
    const dir = path.join(world.app.app.get(Settings).dataDir, 'media', 'objects');
    const age = async (like: RegExp) => {
      const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => like.test(name));
      for (const name of files) await utimes(path.join(dir, name), 0, 0);
    };
    await age(/%old$/);
    expect(await runs()).toMatchObject({ orphans: 1 });
    const left = (await keysInStore()).filter((key) => key.includes('0199f3a1-5d0e'));
    expect(left.map((key) => key.split('/').at(-1))).toEqual(['young']);
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => orphan(`many${i}`)));
    await age(/%many\d+$/);
    expect(await runs()).toMatchObject({ orphans: 0 });
    await store.delete(Array.from({ length: 1_000 }, (_, i) => `media/0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11/many${i}`));
    await store.delete(left);
  });

  it('deletes old drafts of crashed processes', async () => {
    const drafts = draftsOf(world);
    const [old, young] = ['old', 'young'].map((name) => path.join(drafts, name)) as [string, string];
    await file();
    for (const draft of [old, young]) await writeFile(draft, 'x');
    await utimes(old, 0, 0);
    await runs();
    expect(readdirSync(drafts)).toEqual(['young']);
    await rm(young);
  });
});

describe('any sequence of uploads, messages, avatars and collections, also at once', () => {
  type Step = { act: 'upload' | 'send' | 'resend' | 'delete' | 'avatar' | 'face' | 'discard' | 'collect' | 'hours'; a: number; b: number };
  const step = fc.record<Step>({
    act: fc.constantFrom(
      'upload',
      'send',
      'send',
      'resend',
      'resend',
      'delete',
      'delete',
      'avatar',
      'face',
      'discard',
      'collect',
      'collect',
      'hours',
    ),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
  });
  const rounds = fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: 8, maxLength: 12 });

  it(
    'keeps every file in use, and deletes all others in the end',
    async () => {
      const other = (await world.node({ DATA_DIR: world.app.app.get(Settings).dataDir })).app.get(MediaGarbageCollector);
      await fc.assert(
        fc.asyncProperty(rounds, async (script) => {
          const { eva, max } = await world.people('eva', 'max');
          const room = await eva.opensGroup(max);
          const files = await Promise.all(Array.from({ length: 6 }, () => uploaded(eva, Buffer.from(`${Math.random()}`))));
          const faces = await Promise.all([1, 2].map(async () => uploaded(eva, await picture.png())));
          const messages: string[] = [];
          const one = <T>(list: T[], at: number): T | undefined => list[at % Math.max(list.length, 1)];
          const send = async (...ids: string[]) => {
            const { status, body } = await eva.call('POST', `/rooms/${room.id}/messages`, { mediaIds: [...new Set(ids)] });
            if (status === 201) messages.push(body.id);
            expect([201, 422]).toContain(status);
          };
          const acts: Record<Step['act'], (step: Step) => Promise<unknown>> = {
            upload: async () => files.push(await uploaded(eva, Buffer.from(`${Math.random()}`))),
            send: ({ a, b }) => send(one(files, a)!.id, one(files, b)!.id),
            resend: ({ a }) => send(files[a % 3]!.id),
            delete: async ({ a }) => messages.length > 0 && eva.call('DELETE', `/rooms/${room.id}/messages/${one(messages, a)}`),
            avatar: ({ a }) => eva.call('PATCH', '/users/me', { avatarMediaId: a % 3 === 0 ? null : one(faces, a)!.id }),
            face: ({ a }) => eva.call('PATCH', `/rooms/${room.id}`, { avatarMediaId: a % 3 === 0 ? null : one(faces, a)!.id }),
            discard: ({ a }) => eva.call('DELETE', `/media/${one(files, a)!.id}`),
            collect: ({ a }) => runs(a % 2 === 0 ? collector : other),
            hours: ({ a }) => passes(a % 30),
          };
          for (const steps of script) {
            await Promise.all(steps.map((each) => acts[each.act](each)));
            const missing = await idsOf(`SELECT r.id FROM (${REFERENCED}) r LEFT JOIN media m ON m.id = r.id WHERE m.id IS NULL`);
            expect(missing).toEqual([]);
            const keys = new Set(await keysInStore());
            const needed = await idsOf(`SELECT m.object_key AS id FROM media m WHERE m.id IN (${REFERENCED})`);
            expect(needed.filter((key) => !keys.has(key))).toEqual([]);
          }
          for (let day = 0; day < 3; day++) {
            await passes(25);
            await runs();
          }
          expect(await idsOf(`SELECT id FROM media`)).toEqual(await idsOf(REFERENCED));
          expect(await keysInStore()).toEqual(await keysOfRows());
        }),
        unrepeatable(2),
      );
    },
    limitOf(120_000),
  );
});
