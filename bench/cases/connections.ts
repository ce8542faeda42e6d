import { setTimeout as pause } from 'node:timers/promises';
import { client, ClientGroup, READY_EVENT, LARGE_ROOM, MANY_ROOMS, type Bench, type Case } from '../bench.js';
import type { LoadClient } from '../load.js';
import type { Finding } from '../measure.js';
import { rssBytes, type ServerProcess } from '../processes.js';
import { roomId, userId } from '../fixture.js';

const IDLE = 5_000;

/** The ten rooms of user n. */
const roomsOf = (n: number): number[] => {
  const { first, count, members, stride, users } = MANY_ROOMS;
  return Array.from({ length: count }, (_, room) => room)
    .filter((room) => (n - room * stride + users * stride) % users < members)
    .map((room) => first + room);
};

/** The memory of an idle connection. */
export const idle: Case = {
  name: 'idle',
  about: `${IDLE.toLocaleString('en')} idle connections, each in 10 rooms, against plain Socket.IO in the same rooms (G12)`,
  async run(bench: Bench): Promise<Finding[]> {
    const perConnection = async (server: ServerProcess, clients: LoadClient[], readyEvent: string | null): Promise<number> => {
      // The first connections also load and compile code.
      const first = await ClientGroup.connect(bench, [server], { clients: clients.slice(0, 200), readyEvent });
      await pause(1_000);
      const before = await server.memory();
      const group = await ClientGroup.connect(bench, [server], { clients: clients.slice(200), readyEvent });
      await pause(3_000);
      const after = await server.memory();
      await bench.stopAll(server, first.helper, group.helper);
      return (after - before) / (clients.length - 200) / 1_024;
    };
    const users = Array.from({ length: IDLE }, (_, user) => user);
    const app = await bench.startApplication();
    const ours = await perConnection(
      app,
      users.map((user) => client('parley', app, user, MANY_ROOMS.first)),
      READY_EVENT.parley,
    );
    const plain = await bench.startBaseline('plain-socketio-server');
    const theirs = await perConnection(
      plain,
      users.map((user) => ({ port: plain.port, roomId: '', token: [userId(user), ...roomsOf(user).map(roomId)].join(' ') })),
      READY_EVENT.plain,
    );
    return [
      { what: 'RSS a connection', unit: 'KiB', values: [ours], floor: { atMost: 37 }, goal: { atMost: 25 } },
      { what: 'plain Socket.IO: RSS a connection', unit: 'KiB', values: [theirs] },
      { what: 'G12 RSS / plain Socket.IO', unit: '×', values: [ours / theirs], floor: { atMost: 2.5 }, goal: { atMost: 1.7 } },
    ];
  },
};

const STALLED = 100;
const TEXT_BYTES = 10_000;
const RATE = 5;

/** Some clients of a large room stop reading: the memory of the process, and the delay of the other clients. */
export const stalled: Case = {
  name: 'stalled',
  about: `${STALLED} of 1,000 clients in a room stop reading, ${RATE} messages of ${TEXT_BYTES.toLocaleString('en')} bytes a second`,
  async run(bench: Bench): Promise<Finding[]> {
    const app = await bench.startApplication();
    const clients = Array.from({ length: LARGE_ROOM.members }, (_, index) =>
      client('parley', app, LARGE_ROOM.users + index, LARGE_ROOM.number),
    );
    const group = await ClientGroup.connect(bench, [app], { clients, readyEvent: READY_EVENT.parley });
    await group.helper.ask('start', { rate: RATE, size: TEXT_BYTES, among: LARGE_ROOM.members - STALLED, warmUp: 5 });
    const before = await group.window(10);
    const memory = rssBytes(app.pid);
    let highest = memory;
    const watch = setInterval(() => (highest = Math.max(highest, rssBytes(app.pid))), 100);
    await group.helper.ask('stall', STALLED);
    const since = performance.now();
    let disconnectedAfter = NaN;
    const windows: number[] = [];
    for (let number = 0; number < 10; number++) {
      windows.push((await group.window(5)).deliveryMs.p99);
      if (Number.isNaN(disconnectedAfter) && (await group.helper.ask<number>('closed')) >= STALLED)
        disconnectedAfter = (performance.now() - since) / 1_000;
    }
    clearInterval(watch);
    await group.helper.ask('end');
    await bench.stopAll(app, group.helper);
    return [
      { what: 'more memory at most', unit: 'MB', values: [(highest - memory) / 1e6], goal: { atMost: 50 } },
      { what: 'healthy p99 before', unit: 'ms', values: [before.deliveryMs.p99] },
      { what: 'healthy p99 meanwhile', unit: 'ms', values: windows },
      { what: 'healthy p99 / before', unit: '×', values: windows.map((p99) => p99 / before.deliveryMs.p99), goal: { atMost: 1.5 } },
      { what: 'all of them disconnected after', unit: 's', values: [disconnectedAfter] },
    ];
  },
};
