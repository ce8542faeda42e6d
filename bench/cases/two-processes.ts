import { RedisServer } from '../../test/support/redis.js';
import { ClientGroup, clientsOfHotRoom, READY_EVENT, interleave, type Bench, type Case, type Measured } from '../bench.js';
import type { Finding } from '../measure.js';

/** Two processes, half of the room on each. Parley stores each message; the stock adapter only forwards it. */
export const twoProcesses: Case = {
  name: 'two-nodes',
  about: 'two processes over Redis, one room × 100 online, 32 senders, against the stock adapter without a database (G8)',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds } = bench.options;
    const redis = await RedisServer.start();
    try {
      const apps = [await bench.startApplication({ REDIS_URL: redis.url }), await bench.startApplication({ REDIS_URL: redis.url })];
      const stocks = [
        await bench.startBaseline('plain-socketio-server', { REDIS_URL: redis.url }),
        await bench.startBaseline('plain-socketio-server', { REDIS_URL: redis.url }),
      ];
      const ours = await ClientGroup.connect(bench, apps, { clients: clientsOfHotRoom('parley', ...apps), readyEvent: READY_EVENT.parley });
      const theirs = await ClientGroup.connect(bench, stocks, {
        clients: clientsOfHotRoom('plain', ...stocks),
        readyEvent: READY_EVENT.plain,
      });
      const own: Measured[] = [];
      const stock: Measured[] = [];
      await interleave(bench, this.name, async () => {
        own.push(await ours.measure({ senders: 32 }, seconds));
        stock.push(await theirs.measure({ senders: 32 }, seconds));
      });
      ours.stop();
      theirs.stop();
      for (const server of [...apps, ...stocks]) await server.stop();
      const share = own.map((round, index) => round.deliveriesPerSecond / stock[index]!.deliveriesPerSecond);
      return [
        { what: 'delivered', unit: '/s', values: own.map((round) => round.deliveriesPerSecond) },
        { what: 'stock adapter: delivered', unit: '/s', values: stock.map((round) => round.deliveriesPerSecond) },
        { what: 'G8 delivered / stock, no database', unit: '×', values: share, floor: { atLeast: 1.5 }, goal: { atLeast: 3 } },
        { what: 'send to delivery p50', unit: 'ms', values: own.map((round) => round.deliveryMs.p50) },
        { what: 'send to delivery p99', unit: 'ms', values: own.map((round) => round.deliveryMs.p99) },
        { what: 'CPU of both a send', unit: 'µs', values: own.map((round) => round.microsPerSend) },
        { what: 'stock adapter: CPU of both a send', unit: 'µs', values: stock.map((round) => round.microsPerSend) },
      ];
    } finally {
      await redis.stop();
    }
  },
};
