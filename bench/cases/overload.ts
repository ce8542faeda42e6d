import { ClientGroup, everybodyInSmallRooms, GREETING, SMALL_ROOMS, type Bench, type Case } from '../bench.js';
import type { Finding } from '../measure.js';
import { rssBytes } from '../processes.js';
import { roomId } from '../fixture.js';

/** Twice as much as can be written: the rest is refused at once, and nothing that was acked is lost. */
export const overload: Case = {
  name: 'overload',
  about: 'twice the rate that the small rooms reach, offered whatever comes back (G13)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds, rounds } = bench.options;
    // A queue of a second or two: what is accepted is answered in that time, what is not is refused at once.
    const app = await bench.application({ WRITER_QUEUE: '1000' });
    const crowd = await ClientGroup.gather(bench, [app], { clients: everybodyInSmallRooms('parley', app), greeting: GREETING.parley });
    const rooms = Array.from({ length: SMALL_ROOMS.count }, (_, index) => roomId(SMALL_ROOMS.first + index));
    const found = {
      peak: [] as number[],
      accepted: [] as number[],
      refusedP99: [] as number[],
      ackP99: [] as number[],
      memory: [] as number[],
    };
    let lost = 0;
    for (let round = 1; round <= rounds; round++) {
      const peak = (await crowd.measure({ senders: 500 }, seconds)).ackedPerSecond;
      await crowd.helper.ask('start', { rate: 2 * peak, keep: true, settleMs: 5_000 });
      const result = await crowd.window(seconds);
      found.memory.push(rssBytes(app.pid) / 1e6);
      const acked = await crowd.helper.ask<string[]>('end');
      const [row] = await bench.database.query<{ lost: number }>(
        `SELECT count(*)::int AS lost FROM unnest($1::uuid[]) a (id)
         WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.room_id = ANY ($2::uuid[]) AND m.id = a.id)`,
        [acked, rooms],
      );
      lost += row!.lost;
      found.peak.push(peak);
      found.accepted.push(result.ackedPerSecond);
      found.refusedP99.push(result.refusedMs.p99);
      found.ackP99.push(result.ackMs.p99);
      console.error(`  ${this.name}: round ${round} of ${rounds}`);
    }
    const [holes] = await bench.database.query<{ rooms: number }>(
      `SELECT count(*)::int AS rooms FROM (
         SELECT m.room_id FROM messages m WHERE m.room_id = ANY ($1::uuid[]) GROUP BY m.room_id
         HAVING count(*) <> max(m.seq) OR count(DISTINCT m.id) <> count(*)) x`,
      [rooms],
    );
    await bench.forget(app, crowd.helper);
    const share = found.accepted.map((accepted, index) => accepted / found.peak[index]!);
    return [
      { what: 'peak, 500 senders in turn', unit: '/s', values: found.peak },
      { what: 'accepted at twice the peak', unit: '/s', values: found.accepted },
      { what: 'G13 accepted / peak', unit: '×', values: share, floor: { atLeast: 0.9 }, goal: { atLeast: 0.9 } },
      { what: 'refused: answered p99', unit: 'ms', values: found.refusedP99, floor: { atMost: 50 }, goal: { atMost: 50 } },
      { what: 'accepted: acked p99', unit: 'ms', values: found.ackP99 },
      { what: 'memory of the server', unit: 'MB', values: found.memory },
      { what: 'acked, but not in the table', unit: 'messages', values: [lost], floor: { atMost: 0 }, goal: { atMost: 0 } },
      { what: 'rooms with a hole or a twin', unit: 'rooms', values: [holes!.rooms], floor: { atMost: 0 }, goal: { atMost: 0 } },
    ];
  },
};
