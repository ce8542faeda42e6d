import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { io, type Socket } from 'socket.io-client';
import type { Cluster } from './cluster.js';
import type { Account } from './sender.js';

/** What a fault may touch. */
export interface FaultSetup {
  cluster: Cluster;
  roomId: string;
  someone: Account;
  /** The connections of the readers, for faults of the network. */
  readers: readonly { socket: Socket }[];
  round: number;
}

export interface Fault {
  name: string;
  /** Senders send everything twice at once. */
  twice?: boolean;
  /** Does it, and mends what does not mend itself. */
  inject(scene: FaultSetup): Promise<void>;
}

const OUTAGE_MS = 1_000;

/** A commit that no process announces: written as the send function does it, by somebody who has no broadcast. */
async function commitUnpublished({ cluster, roomId, someone }: FaultSetup): Promise<void> {
  const client = new pg.Client(cluster.postgres.url);
  await client.connect();
  try {
    await client.query(
      `SELECT * FROM send_messages(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::uuid], ARRAY[NULL::uuid], ARRAY['text'], ARRAY['unheard'],
         ARRAY['\\x00'::bytea], ARRAY[NULL::jsonb], array_fill(65535::bigint, ARRAY[12]), true)`,
      [randomUUID(), roomId, someone.userId],
    );
  } finally {
    await client.end();
  }
}

/** Clients that stop reading: their connection stays, their buffers fill. */
async function stall({ cluster, someone }: FaultSetup, count: number): Promise<void> {
  const sockets = Array.from({ length: count }, () =>
    io(cluster.url, { transports: ['websocket'], auth: { token: someone.token }, reconnection: false, forceNew: true }),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('ready', resolve).once('connect_error', resolve))));
  for (const socket of sockets) rawSocketOf(socket)?.pause();
  await pause(OUTAGE_MS * 2);
  for (const socket of sockets) rawSocketOf(socket)?.destroy();
  for (const socket of sockets) socket.disconnect();
}

interface Raw {
  pause(): void;
  destroy(): void;
}

/** The TCP socket below a client that runs on Node's `ws`. */
const rawSocketOf = (socket: Socket): Raw | undefined =>
  (socket.io.engine as unknown as { transport?: { ws?: { _socket?: Raw } } } | undefined)?.transport?.ws?._socket;

export const FAULTS: readonly Fault[] = [
  { name: 'nothing', inject: () => pause(OUTAGE_MS) },
  {
    name: 'app killed',
    async inject({ cluster, round }) {
      const node = cluster.node(round);
      await node.down('SIGKILL');
      await pause(OUTAGE_MS / 2);
      await node.up();
    },
  },
  {
    name: 'app frozen',
    async inject({ cluster, round }) {
      cluster.node(round).signal('SIGSTOP');
      await pause(OUTAGE_MS * 2);
      cluster.node(round).signal('SIGCONT');
    },
  },
  {
    name: 'Postgres killed',
    async inject({ cluster }) {
      process.kill(cluster.postgres.pid, 'SIGKILL'); // brought back by its supervisor
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
      for (const { socket } of readers) rawSocketOf(socket)?.destroy();
      await pause(OUTAGE_MS);
    },
  },
  {
    name: 'broadcast lost',
    async inject(scene) {
      await commitUnpublished(scene);
      await pause(OUTAGE_MS / 2);
    },
  },
  { name: 'sent twice', twice: true, inject: () => pause(OUTAGE_MS) },
  {
    name: 'rolling restart',
    async inject({ cluster }) {
      for (const node of cluster.nodes) {
        const code = await node.down('SIGTERM');
        if (code !== 0) throw new Error(`${node.name} ended with ${code} after SIGTERM`);
        await node.up();
      }
    },
  },
  { name: '100 stalled readers', inject: (scene) => stall(scene, 100) },
];
