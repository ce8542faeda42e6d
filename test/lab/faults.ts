import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { io, type Socket } from 'socket.io-client';
import type { Cluster } from './cluster.js';
import type { Account } from './sender.js';

/** What a fault can act on. */
export interface FaultSetup {
  cluster: Cluster;
  roomId: string;
  member: Account;
  /** The connections of the readers, for network faults. */
  readers: readonly { socket: Socket }[];
  round: number;
}

export interface Fault {
  name: string;
  /** Senders send every message twice at once. */
  twice?: boolean;
  /** Causes the fault, and ends it unless it ends by itself. */
  inject(setup: FaultSetup): Promise<void>;
}

const OUTAGE_MS = 1_000;

/** Commits a message that no process publishes: calls the send function directly. */
async function commitUnpublished({ cluster, roomId, member }: FaultSetup): Promise<void> {
  const client = new pg.Client(cluster.postgres.url);
  await client.connect();
  try {
    await client.query(
      `SELECT * FROM send_messages(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::uuid], ARRAY[NULL::uuid], ARRAY['text'], ARRAY['unpublished'],
         ARRAY['\\x00'::bytea], ARRAY[NULL::jsonb], array_fill(65535::bigint, ARRAY[12]), true)`,
      [randomUUID(), roomId, member.userId],
    );
  } finally {
    await client.end();
  }
}

/** Connects clients that stop reading: their connections stay open, their buffers fill. */
async function stall({ cluster, member }: FaultSetup, count: number): Promise<void> {
  const sockets = Array.from({ length: count }, () =>
    io(cluster.url, { transports: ['websocket'], auth: { token: member.token }, reconnection: false, forceNew: true }),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('ready', resolve).once('connect_error', resolve))));
  for (const socket of sockets) tcpSocketOf(socket)?.pause();
  await pause(OUTAGE_MS * 2);
  for (const socket of sockets) tcpSocketOf(socket)?.destroy();
  for (const socket of sockets) socket.disconnect();
}

interface TcpSocket {
  pause(): void;
  destroy(): void;
}

/** Returns the TCP socket of a client that uses `ws`. */
const tcpSocketOf = (socket: Socket): TcpSocket | undefined =>
  (socket.io.engine as unknown as { transport?: { ws?: { _socket?: TcpSocket } } } | undefined)?.transport?.ws?._socket;

export const FAULTS: readonly Fault[] = [
  { name: 'nothing', inject: () => pause(OUTAGE_MS) },
  {
    name: 'app killed',
    async inject({ cluster, round }) {
      const server = cluster.processAt(round);
      await server.stop('SIGKILL');
      await pause(OUTAGE_MS / 2);
      await server.start();
    },
  },
  {
    name: 'app frozen',
    async inject({ cluster, round }) {
      cluster.processAt(round).signal('SIGSTOP');
      await pause(OUTAGE_MS * 2);
      cluster.processAt(round).signal('SIGCONT');
    },
  },
  {
    name: 'Postgres killed',
    async inject({ cluster }) {
      process.kill(cluster.postgres.pid, 'SIGKILL'); // its supervisor starts it again
      await pause(OUTAGE_MS * 2);
    },
  },
  {
    name: 'Redis killed',
    async inject({ cluster }) {
      await cluster.redis.kill();
      await pause(OUTAGE_MS * 2);
      await cluster.redis.up();
    },
  },
  {
    name: 'Redis frozen',
    async inject({ cluster }) {
      cluster.redis.freeze();
      await pause(OUTAGE_MS * 2);
      cluster.redis.thaw();
    },
  },
  {
    name: 'connections dropped',
    async inject({ readers }) {
      for (const { socket } of readers) tcpSocketOf(socket)?.destroy();
      await pause(OUTAGE_MS);
    },
  },
  {
    name: 'broadcast lost',
    async inject(setup) {
      await commitUnpublished(setup);
      await pause(OUTAGE_MS / 2);
    },
  },
  { name: 'sent twice', twice: true, inject: () => pause(OUTAGE_MS) },
  {
    name: 'rolling restart',
    async inject({ cluster }) {
      for (const server of cluster.processes) {
        const code = await server.stop('SIGTERM');
        if (code !== 0) throw new Error(`${server.name} ended with ${code} after SIGTERM`);
        await server.start();
      }
    },
  },
  { name: '100 stalled readers', inject: (setup) => stall(setup, 100) },
];
