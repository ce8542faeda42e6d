import {
  ClientGroup,
  clientsOfHotRoom,
  clientsOfSmallRooms,
  READY_EVENT,
  interleave,
  type Bench,
  type Case,
  type Measured,
} from '../bench.js';
import type { Baseline } from '../database.js';
import { INSERT_ONE } from '../fixture.js';
import type { Finding } from '../measure.js';

const all = <T>(rounds: readonly T[], value: (round: T) => number): number[] => rounds.map(value);
const ratios = (ours: readonly Measured[], theirs: readonly Measured[]): number[] =>
  ours.map((round, index) => round.ackedPerSecond / theirs[index]!.ackedPerSecond);

/** Sends through the gateway, acknowledged after the commit and delivered to ten members. */
export const smallRooms: Case = {
  name: 'small-rooms',
  about: '50 rooms × 10 online, 50 senders, against pgbench and a handwritten server (G1, G4, G10)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds } = bench.options;
    const app = await bench.startApplication();
    const handServer = await bench.startBaseline('handwritten-server');
    const ours = await ClientGroup.connect(bench, [app], { clients: clientsOfSmallRooms('parley', app), readyEvent: READY_EVENT.parley });
    const theirs = await ClientGroup.connect(bench, [handServer], {
      clients: clientsOfSmallRooms('plain', handServer),
      readyEvent: READY_EVENT.plain,
    });
    const inserts: Baseline[] = [];
    const own: Measured[] = [];
    const handwritten: Measured[] = [];
    await interleave(bench, this.name, async () => {
      inserts.push(await bench.database.pgbench(INSERT_ONE, 32, seconds));
      own.push(await ours.measure({ senders: 50 }, seconds));
      handwritten.push(await theirs.measure({ senders: 50 }, seconds));
    });
    await bench.stopAll(app, ours.helper);
    await bench.stopAll(handServer, theirs.helper);
    const share = own.map((round, index) => round.ackedPerSecond / inserts[index]!.perSecond);
    return [
      { what: 'pgbench -c 32, one-row INSERT', unit: '/s', values: all(inserts, (round) => round.perSecond) },
      { what: 'sends acked', unit: '/s', values: all(own, (round) => round.ackedPerSecond) },
      { what: 'G1 sends / pgbench', unit: '×', values: share, floor: { atLeast: 0.35 }, goal: { atLeast: 0.6 } },
      { what: 'ack p50', unit: 'ms', values: all(own, (round) => round.ackMs.p50) },
      { what: 'ack p99', unit: 'ms', values: all(own, (round) => round.ackMs.p99) },
      { what: 'delivered', unit: '/s', values: all(own, (round) => round.deliveriesPerSecond) },
      {
        what: 'G10 server CPU a send, 10 deliveries',
        unit: 'µs',
        values: all(own, (round) => round.microsPerSend),
        floor: { atMost: 250 },
        goal: { atMost: 130 },
      },
      { what: 'PostgreSQL CPU a send', unit: 'µs', values: all(own, (round) => round.databaseMicros) },
      { what: 'PostgreSQL CPU an INSERT of pgbench', unit: 'µs', values: all(inserts, (round) => round.micros) },
      { what: 'server busy', unit: 'cores', values: all(own, (round) => round.serverCpu) },
      { what: 'clients busy', unit: 'cores', values: all(own, (round) => round.clientCpu) },
      { what: 'handwritten: sends acked', unit: '/s', values: all(handwritten, (round) => round.ackedPerSecond) },
      { what: 'handwritten: server CPU a send', unit: 'µs', values: all(handwritten, (round) => round.microsPerSend) },
      { what: 'handwritten: PostgreSQL CPU a send', unit: 'µs', values: all(handwritten, (round) => round.databaseMicros) },
      { what: 'G4 sends / handwritten', unit: '×', values: ratios(own, handwritten), floor: { atLeast: 3 }, goal: { atLeast: 5 } },
    ];
  },
};

/** One busy room: deliveries, not only writes. */
export const hotRoom: Case = {
  name: 'hot-room',
  about: 'one room × 100 online, 32 senders, against a handwritten server and Socket.IO without a database (G4, G7)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds } = bench.options;
    const app = await bench.startApplication();
    const handServer = await bench.startBaseline('handwritten-server');
    const plainServer = await bench.startBaseline('plain-socketio-server');
    const ours = await ClientGroup.connect(bench, [app], { clients: clientsOfHotRoom('parley', app), readyEvent: READY_EVENT.parley });
    const handClients = await ClientGroup.connect(bench, [handServer], {
      clients: clientsOfHotRoom('plain', handServer),
      readyEvent: READY_EVENT.plain,
    });
    const plainClients = await ClientGroup.connect(bench, [plainServer], {
      clients: clientsOfHotRoom('plain', plainServer),
      readyEvent: READY_EVENT.plain,
    });
    const own: Measured[] = [];
    const handwritten: Measured[] = [];
    const stock: Measured[] = [];
    const quiet: Measured[] = [];
    await interleave(bench, this.name, async () => {
      own.push(await ours.measure({ senders: 32 }, seconds));
      handwritten.push(await handClients.measure({ senders: 32 }, seconds));
      stock.push(await plainClients.measure({ senders: 32 }, seconds));
      quiet.push(await ours.measure({ rate: 40, sampleOf: 1 }, seconds));
    });
    await bench.stopAll(app, ours.helper);
    await bench.stopAll(handServer, handClients.helper);
    await bench.stopAll(plainServer, plainClients.helper);
    const deliveries = own.map((round, index) => round.deliveriesPerSecond / stock[index]!.deliveriesPerSecond);
    return [
      { what: 'sends acked', unit: '/s', values: all(own, (round) => round.ackedPerSecond) },
      { what: 'handwritten: sends acked', unit: '/s', values: all(handwritten, (round) => round.ackedPerSecond) },
      { what: 'G4 sends / handwritten', unit: '×', values: ratios(own, handwritten), floor: { atLeast: 4 }, goal: { atLeast: 8 } },
      { what: 'delivered', unit: '/s', values: all(own, (round) => round.deliveriesPerSecond) },
      { what: 'plain Socket.IO: delivered', unit: '/s', values: all(stock, (round) => round.deliveriesPerSecond) },
      { what: 'G7 delivered / plain, no database', unit: '×', values: deliveries, floor: { atLeast: 1 }, goal: { atLeast: 2 } },
      { what: 'send to delivery p50', unit: 'ms', values: all(own, (round) => round.deliveryMs.p50) },
      { what: 'send to delivery p99', unit: 'ms', values: all(own, (round) => round.deliveryMs.p99) },
      { what: 'server CPU a send, 100 deliveries', unit: 'µs', values: all(own, (round) => round.microsPerSend) },
      { what: '40 messages/s: send to delivery p50', unit: 'ms', values: all(quiet, (round) => round.deliveryMs.p50) },
      { what: '40 messages/s: send to delivery p99', unit: 'ms', values: all(quiet, (round) => round.deliveryMs.p99) },
    ];
  },
};
