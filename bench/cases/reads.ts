import { ARCHIVE, indexArchive, READER, insertArchive } from '../archive.js';
import { interleave, type Bench, type Case } from '../bench.js';
import type { HttpPlan, HttpResult, PageRequest } from '../http-load.js';
import type { Finding } from '../measure.js';
import type { ServerProcess } from '../processes.js';
import { roomId, tokenOf } from '../fixture.js';

const some = (count: number, request: (index: number) => PageRequest): PageRequest[] =>
  Array.from({ length: count }, (_, index) => request(index));
const room = (): number => 1 + Math.floor(Math.random() * ARCHIVE.rooms);
/** A token of a member of the room. */
const memberOf = (number: number): string =>
  tokenOf(((number - 1) * ARCHIVE.stride + Math.floor(Math.random() * ARCHIVE.members)) % ARCHIVE.users);
const ms = (what: string, rounds: readonly HttpResult[], share: 'p50' | 'p95' | 'p99'): Finding => ({
  what: `${what} ${share}`,
  unit: 'ms',
  values: rounds.map((round) => round[share]),
});

/** Pages of history, the room list and search, over HTTP through the whole application. */
export const reads: Case = {
  name: 'reads',
  about: 'history, room list and search over HTTP in an archive (G11)',
  async run(bench: Bench): Promise<Finding[]> {
    const { messages, seconds } = bench.options;
    const perRoom = Math.floor(messages / ARCHIVE.rooms);
    const database = await insertArchive(bench, messages);
    const indexer = bench.startWriter(database);
    await indexArchive(database, indexer);
    indexer.stop();
    const app = await bench.startApplication({}, database);
    const readers = bench.startHelper('http-load');
    const read = (count: number, requests: PageRequest[]): Promise<HttpResult> => {
      const plan: HttpPlan = { port: app.port, readers: count, requests, seconds };
      return readers.ask<HttpResult>('read', plan);
    };
    const page = (before: () => number | null) => (): PageRequest => {
      const number = room();
      const seq = before();
      return { path: `/v1/rooms/${roomId(number)}/messages${seq === null ? '' : `?before=${seq}`}`, token: memberOf(number) };
    };
    const somewhere = some(
      2_000,
      page(() => 51 + Math.floor(Math.random() * (perRoom - 51))),
    );
    const newest = some(
      2_000,
      page(() => null),
    );
    const deep = some(
      2_000,
      page(() => 51 + Math.floor(perRoom / 50)),
    );
    const list = some(1, () => ({ path: '/v1/rooms', token: tokenOf(READER.user) }));
    const pgbench = { perSecond: [] as number[], share: [] as number[] };
    const found = { somewhere: [] as HttpResult[], newest: [] as HttpResult[], deep: [] as HttpResult[], list: [] as HttpResult[] };
    const cpu = { page: [] as number[], list: [] as number[] };
    const searched = new Map(SEARCHES.map(([what]) => [what, [] as HttpResult[]]));
    // A new server compiles its code and prepares its statements first.
    for (let window = 0; window < 2; window++) await read(8, somewhere);
    await interleave(bench, this.name, async () => {
      const { perSecond } = await database.pgbench(keyset(perRoom), 8, seconds);
      cpu.page.push(
        await cpuOf(
          app,
          async () => found.somewhere.push(await read(8, somewhere)),
          () => found.somewhere.at(-1)!,
          seconds,
        ),
      );
      pgbench.perSecond.push(perSecond);
      pgbench.share.push(found.somewhere.at(-1)!.perSecond / perSecond);
      found.newest.push(await read(1, newest));
      found.deep.push(await read(1, deep));
      found.list.push(await read(1, list));
      for (const [what, query] of SEARCHES) {
        searched.get(what)!.push(
          await read(
            1,
            some(500, (index) => ({ path: `/v1/messages/search?${query(index)}`, token: tokenOf(READER.user) })),
          ),
        );
      }
    });
    const everything = [...Object.values(found).flat(), ...[...searched.values()].flat()];
    const failed = everything.reduce((sum, round) => sum + round.failed, 0);
    await bench.stopAll(app, readers);
    await database.close();
    const ratio = found.deep.map((round, index) => round.p50 / found.newest[index]!.p50);
    return [
      { what: 'messages in the archive', unit: '', values: [messages] },
      { what: 'pgbench -c 8, 50 rows by key', unit: '/s', values: pgbench.perSecond },
      { what: 'pages of 50 over HTTP, 8 readers', unit: '/s', values: found.somewhere.map((round) => round.perSecond) },
      { what: 'G11 pages / pgbench', unit: '×', values: pgbench.share, floor: { atLeast: 0.12 }, goal: { atLeast: 0.25 } },
      { what: 'server CPU a page', unit: 'µs', values: cpu.page },
      { what: 'bytes of a page', unit: 'bytes', values: found.somewhere.map((round) => round.bytes) },
      ms('newest page, one reader', found.newest, 'p50'),
      ms('oldest pages, one reader', found.deep, 'p50'),
      { what: 'G11 deep page / first', unit: '×', values: ratio, floor: { atMost: 1.5 }, goal: { atMost: 1.2 } },
      { ...ms(`my rooms, ${READER.rooms.toLocaleString('en')} of them, first page`, found.list, 'p95'), goal: { atMost: 30 } },
      ...SEARCHES.map(([what]) => ({ ...ms(`search: ${what}`, searched.get(what)!, 'p95'), goal: { atMost: 100 } })),
      { what: 'answers that were not 200', unit: '', values: [failed], goal: { atMost: 0 } },
    ];
  },
};

/** Half of the archive's rooms are the reader's. */
const SEARCHES: readonly [string, (index: number) => string][] = [
  ['a common word', () => 'query=question'],
  ['two words', () => 'query=teacher+history'],
  ['part of a word', () => 'query=ducat'],
  ['a rare word', (index) => `query=rarity${(index * 1_000 + 7) % 50_000}`],
  ['nothing to find', () => 'query=xylophone'],
  ['in one room', (index) => `query=morning&roomId=${roomId(1 + (index % 500))}`],
];

async function cpuOf(app: ServerProcess, work: () => Promise<unknown>, result: () => HttpResult, seconds: number): Promise<number> {
  const before = app.cpu();
  await work();
  // Includes the warm-up of half a second.
  return ((app.cpu() - before) / (result().perSecond * (seconds + 0.5))) * 1e6;
}

const keyset = (perRoom: number): string => `\\set r random(1, ${ARCHIVE.rooms})
\\set s random(51, ${perRoom})
SELECT id, room_id, seq, user_id, type, text, created_at FROM messages
WHERE room_id = ('00000000-0000-4000-8000-' || lpad(:r::text, 12, '0'))::uuid AND seq < :s ORDER BY seq DESC LIMIT 50;
`;
