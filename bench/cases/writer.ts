import { interleave, MANY_ROOMS, type Bench, type Case } from '../bench.js';
import type { Baseline } from '../database.js';
import type { Finding } from '../measure.js';
import { INSERT_HOT, INSERT_ONE } from '../fixture.js';
import type { WriterPlan, WriterResult } from '../writer.js';

type WriterRound = WriterResult & { databaseMicros: number };

/** The application's writer in a process without sockets. */
export const writerAlone: Case = {
  name: 'writer',
  about: 'the writer alone: 256 pending over 1,000 rooms, and 32 in one room, against pgbench (G2, G3)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds } = bench.options;
    const writer = bench.startWriter();
    const { first: firstRoom, count: rooms, members, stride, users } = MANY_ROOMS;
    const many: WriterPlan = { pending: 256, firstRoom, rooms, members, stride, users, seconds };
    const hot: WriterPlan = { ...many, pending: 32, rooms: 1 };
    const write = async (plan: WriterPlan): Promise<WriterRound> => {
      const before = bench.database.cpu();
      const result = await writer.ask<WriterResult>('write', plan);
      return { ...result, databaseMicros: ((bench.database.cpu() - before) / result.sends) * 1e6 };
    };
    const inserts: Baseline[] = [];
    const hotInserts: Baseline[] = [];
    const manyRooms: WriterRound[] = [];
    const oneRoom: WriterRound[] = [];
    await interleave(bench, this.name, async () => {
      inserts.push(await bench.database.pgbench(INSERT_ONE, 32, seconds));
      manyRooms.push(await write(many));
      hotInserts.push(await bench.database.pgbench(INSERT_HOT, 32, seconds));
      oneRoom.push(await write(hot));
    });
    writer.stop();
    const share = (ours: readonly WriterRound[], theirs: readonly Baseline[]): number[] =>
      ours.map(({ sendsPerSecond }, index) => sendsPerSecond / theirs[index]!.perSecond);
    return [
      { what: 'pgbench -c 32, one-row INSERT', unit: '/s', values: inserts.map((round) => round.perSecond) },
      { what: '1,000 rooms: sends', unit: '/s', values: manyRooms.map((round) => round.sendsPerSecond) },
      { what: 'G2 sends / pgbench', unit: '×', values: share(manyRooms, inserts), floor: { atLeast: 1.2 }, goal: { atLeast: 2 } },
      { what: '1,000 rooms: p99', unit: 'ms', values: manyRooms.map((round) => round.p99) },
      { what: '1,000 rooms: process CPU a send', unit: 'µs', values: manyRooms.map((round) => round.cpuMicros) },
      { what: '1,000 rooms: PostgreSQL CPU a send', unit: 'µs', values: manyRooms.map((round) => round.databaseMicros) },
      { what: 'PostgreSQL CPU an INSERT of pgbench', unit: 'µs', values: inserts.map((round) => round.micros) },
      { what: 'pgbench -c 32, one hot room', unit: '/s', values: hotInserts.map((round) => round.perSecond) },
      { what: 'one room: sends', unit: '/s', values: oneRoom.map((round) => round.sendsPerSecond) },
      { what: 'G3 sends / pgbench hot', unit: '×', values: share(oneRoom, hotInserts), floor: { atLeast: 5 }, goal: { atLeast: 12 } },
      { what: 'one room: p99', unit: 'ms', values: oneRoom.map((round) => round.p99) },
      { what: 'one room: process CPU a send', unit: 'µs', values: oneRoom.map((round) => round.cpuMicros) },
      { what: 'one room: PostgreSQL CPU a send', unit: 'µs', values: oneRoom.map((round) => round.databaseMicros) },
    ];
  },
};
