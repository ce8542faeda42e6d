import { setTimeout as pause } from 'node:timers/promises';
import { client, ClientGroup, GREETING, LARGE_ROOM, MANY_ROOMS, type Bench, type Case } from '../bench.js';
import type { LoadClient } from '../load.js';
import type { Finding } from '../measure.js';
import { rssBytes, type ServerProcess } from '../processes.js';
import { roomId, userId } from '../fixture.js';

const IDLE = 5_000;

/** The ten rooms of person n. */
const roomsOf = (n: number): number[] => {
  const { first, count, members, stride, people } = MANY_ROOMS;
  return Array.from({ length: count }, (_, room) => room)
    .filter((room) => (n - room * stride + people * stride) % people < members)
    .map((room) => first + room);
};

/** What a connection costs that says nothing. */
export const idle: Case = {
  name: 'idle',
  about: `${IDLE.toLocaleString('en')} idle connections, each in 10 rooms, against bare Socket.IO in the same rooms (G12)`,
  async run(bench: Bench): Promise<Finding[]> {
    const perConnection = async (server: ServerProcess, clients: LoadClient[], greeting: string | null): Promise<number> => {
      // What is loaded and compiled with the first connections is not theirs.
      const first = await ClientGroup.gather(bench, [server], { clients: clients.slice(0, 200), greeting });
      await pause(1_000);
      const before = await server.memory();
      const crowd = await ClientGroup.gather(bench, [server], { clients: clients.slice(200), greeting });
      await pause(3_000);
      const after = await server.memory();
      await bench.forget(server, first.helper, crowd.helper);
      return (after - before) / (clients.length - 200) / 1_024;
    };
    const people = Array.from({ length: IDLE }, (_, person) => person);
    const app = await bench.application();
    const ours = await perConnection(
      app,
      people.map((person) => client('parley', app, person, MANY_ROOMS.first)),
      GREETING.parley,
    );
    const bare = await bench.yardstick('bare');
    const theirs = await perConnection(
      bare,
      people.map((person) => ({ port: bare.port, roomId: '', token: [userId(person), ...roomsOf(person).map(roomId)].join(' ') })),
      GREETING.plain,
    );
    return [
      { what: 'RSS a connection', unit: 'KiB', values: [ours], floor: { atMost: 37 }, goal: { atMost: 25 } },
      { what: 'bare Socket.IO: RSS a connection', unit: 'KiB', values: [theirs] },
      { what: 'G12 RSS / bare', unit: '×', values: [ours / theirs], floor: { atMost: 2.5 }, goal: { atMost: 1.7 } },
    ];
  },
};

const STALLED = 100;
const TEXT_BYTES = 10_000;
const RATE = 5;

/** Some readers of a large room stop reading: what it costs the process, and the others. */
export const stalled: Case = {
  name: 'stalled',
  about: `${STALLED} of 1,000 readers of a room stop reading, ${RATE} messages of ${TEXT_BYTES.toLocaleString('en')} bytes a second`,
  async run(bench: Bench): Promise<Finding[]> {
    const app = await bench.application();
    const clients = Array.from({ length: LARGE_ROOM.members }, (_, index) =>
      client('parley', app, LARGE_ROOM.people + index, LARGE_ROOM.number),
    );
    const crowd = await ClientGroup.gather(bench, [app], { clients, greeting: GREETING.parley });
    await crowd.helper.ask('start', { rate: RATE, size: TEXT_BYTES, among: LARGE_ROOM.members - STALLED, warmUp: 5 });
    const before = await crowd.window(10);
    const memory = rssBytes(app.pid);
    let highest = memory;
    const watch = setInterval(() => (highest = Math.max(highest, rssBytes(app.pid))), 100);
    await crowd.helper.ask('stall', STALLED);
    const since = performance.now();
    let cutAfter = NaN;
    const windows: number[] = [];
    for (let number = 0; number < 10; number++) {
      windows.push((await crowd.window(5)).deliveryMs.p99);
      if (Number.isNaN(cutAfter) && (await crowd.helper.ask<number>('closed')) >= STALLED) cutAfter = (performance.now() - since) / 1_000;
    }
    clearInterval(watch);
    await crowd.helper.ask('end');
    await bench.forget(app, crowd.helper);
    return [
      { what: 'more memory at most', unit: 'MB', values: [(highest - memory) / 1e6], goal: { atMost: 50 } },
      { what: 'healthy p99 before', unit: 'ms', values: [before.deliveryMs.p99] },
      { what: 'healthy p99 meanwhile', unit: 'ms', values: windows },
      { what: 'healthy p99 / before', unit: '×', values: windows.map((p99) => p99 / before.deliveryMs.p99), goal: { atMost: 1.5 } },
      { what: 'all of them cut after', unit: 's', values: [cutAfter] },
    ];
  },
};
