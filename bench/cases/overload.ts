import { ClientGroup, clientsOfSmallRooms, READY_EVENT, SMALL_ROOMS, type Bench, type Case } from '../bench.js';
import type { Finding } from '../measure.js';
import { rssBytes } from '../processes.js';
import { roomId } from '../fixture.js';

/** Twice the rate that can be written: the rest is refused at once, and no acknowledged message is lost. */
export const overload: Case = {
  name: 'overload',
  about: 'twice the rate that the small rooms reach, independent of the answers (G13)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds, rounds } = bench.options;
    // A queue of one or two seconds: accepted sends are answered in that time, others are refused at once.
    const app = await bench.startApplication({ WRITER_QUEUE: '1000' });
    const group = await ClientGroup.connect(bench, [app], { clients: clientsOfSmallRooms('parley', app), readyEvent: READY_EVENT.parley });
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
      const peak = (await group.measure({ senders: 500 }, seconds)).ackedPerSecond;
      await group.helper.ask('start', { rate: 2 * peak, keep: true, settleMs: 5_000 });
      const result = await group.window(seconds);
      found.memory.push(rssBytes(app.pid) / 1e6);
      const acked = await group.helper.ask<string[]>('end');
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
    const [broken] = await bench.database.query<{ rooms: number }>(
      `SELECT count(*)::int AS rooms FROM (
         SELECT m.room_id FROM messages m WHERE m.room_id = ANY ($1::uuid[]) GROUP BY m.room_id
         HAVING count(*) <> max(m.seq) OR count(DISTINCT m.id) <> count(*)) x`,
      [rooms],
    );
    await bench.stopAll(app, group.helper);
    const share = found.accepted.map((accepted, index) => accepted / found.peak[index]!);
    return [
      { what: 'peak, 500 senders in turn', unit: '/s', values: found.peak },
      { what: 'accepted at twice the peak', unit: '/s', values: found.accepted },
      { what: 'G13 accepted / peak', unit: '×', values: share, floor: { atLeast: 0.9 }, goal: { atLeast: 0.9 } },
      { what: 'refused: answered p99', unit: 'ms', values: found.refusedP99, floor: { atMost: 50 }, goal: { atMost: 50 } },
      { what: 'accepted: acked p99', unit: 'ms', values: found.ackP99 },
      { what: 'memory of the server', unit: 'MB', values: found.memory },
      { what: 'acked, but not stored', unit: 'messages', values: [lost], floor: { atMost: 0 }, goal: { atMost: 0 } },
      { what: 'rooms with a gap or a duplicate', unit: 'rooms', values: [broken!.rooms], floor: { atMost: 0 }, goal: { atMost: 0 } },
    ];
  },
};
