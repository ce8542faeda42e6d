import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Server } from 'socket.io';
import { SocketServer } from '../../src/realtime/adapter/socket-server.service.js';
import type { RunningApp } from '../support/app.js';
import { RedisServer } from '../support/redis.js';
import type { TestSocket } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

// Socket.IO's own API, called on one process for sockets of another. The events are events of the wire, because the documents hold for all.

const serverOf = ({ app }: RunningApp): Server => app.get(SocketServer).server!;
const RESYNC = { withinMs: 7 };

describe('the cluster API of Socket.IO over Redis', () => {
  let redis: RedisServer;
  let world: World;
  let other: RunningApp;
  let here: Server;
  let there: Server;
  let [ana, bob]: Person[] = [];
  let [anaHere, bobThere]: TestSocket[] = [];

  const knowEachOther = (): Promise<unknown> =>
    Promise.all(
      [here, there].map((server) => until('the processes know each other', async () => (await server.sockets.adapter.serverCount()) === 2)),
    );

  beforeAll(async () => {
    redis = await RedisServer.start();
    world = await World.start({ REDIS_URL: redis.url });
    other = await world.node();
    [here, there] = [serverOf(world.app), serverOf(other)];
    ({ ana, bob } = await world.people('ana', 'bob'));
    [anaHere, bobThere] = [await ana.connects(), await bob.connects({}, other)];
    await knowEachOther();
  }, 60_000);
  afterEach(() => [anaHere!, bobThere!].forEach((socket) => socket.received.splice(0)));
  afterAll(async () => {
    await world.stop();
    await redis.stop();
  });

  it('server.emit reaches every socket of every process', async () => {
    here.emit('resync', RESYNC);
    for (const socket of [anaHere!, bobThere!]) expect(await socket.receives('resync')).toEqual(RESYNC);
  });

  it('server.to(user).emit reaches the sockets of that user alone', async () => {
    here.to(`user:${bob!.id}`).emit('resync', RESYNC);
    expect(await bobThere!.receives('resync')).toEqual(RESYNC);
    await anaHere!.flushes();
    expect(anaHere!.received).toEqual([]);
  });

  it('server.except(user).emit reaches the others', async () => {
    there.except(`user:${bob!.id}`).emit('resync', RESYNC);
    expect(await anaHere!.receives('resync')).toEqual(RESYNC);
    await bobThere!.flushes();
    expect(bobThere!.received).toEqual([]);
  });

  it('server.local.emit stays in the process', async () => {
    there.local.emit('resync', RESYNC);
    await bobThere!.receives('resync');
    here.emit('resync', { withinMs: 8 });
    await anaHere!.receives('resync', ({ withinMs }) => withinMs === 8);
    expect(anaHere!.all('resync')).toEqual([{ withinMs: 8 }]);
  });

  it('emitWithAck collects the answers of the clients', async () => {
    for (const { socket } of [anaHere!, bobThere!]) socket.once('resync', (_, ack: (answer: string) => void) => ack(socket.id!));
    const answers: unknown = await here.timeout(5_000).emitWithAck('resync', RESYNC);
    expect(new Set(answers as string[])).toEqual(new Set([anaHere!.socket.id, bobThere!.socket.id]));
  });

  it('binary data arrives as it was sent', async () => {
    const received = new Promise((resolve) => there.once('bytes', resolve));
    here.serverSideEmit('bytes', { of: Buffer.from([0, 255]) });
    expect(await received).toEqual({ of: Buffer.from([0, 255]) });
  });

  it('fetchSockets returns the sockets of all processes, without what they authenticated with', async () => {
    const sockets = await here.fetchSockets();
    expect(new Set(sockets.map(({ id }) => id))).toEqual(new Set([anaHere!.socket.id, bobThere!.socket.id]));
    const [remote] = await here.in(`user:${bob!.id}`).fetchSockets();
    expect(remote).toMatchObject({ id: bobThere!.socket.id, data: { actor: { userId: bob!.id } }, handshake: { auth: {} } });
    expect(JSON.stringify(remote!.handshake)).not.toContain(bob!.accessToken);
  });

  it('serverSideEmit reaches the other processes, and collects their answers', async () => {
    const received = new Promise((resolve) => there.once('question', resolve));
    here.serverSideEmit('question', 'how many?');
    expect(await received).toBe('how many?');
    there.once('question', (_question: string, answer: (count: number) => void) => answer(42));
    expect(await here.serverSideEmitWithAck('question', 'how many?')).toEqual([42]);
  });

  it('socketsJoin and socketsLeave change the rooms of sockets of other processes', async () => {
    here.in(`user:${bob!.id}`).socketsJoin('night shift');
    await until('bob has joined', async () => (await here.in('night shift').fetchSockets()).length === 1);
    there.to('night shift').emit('resync', RESYNC);
    expect(await bobThere!.receives('resync')).toEqual(RESYNC);
    here.in(`user:${bob!.id}`).socketsLeave('night shift');
    await until('bob has left', async () => (await here.in('night shift').fetchSockets()).length === 0);
  });

  it('disconnectSockets closes sockets of other processes', async () => {
    const second = await bob!.connects({}, other);
    here.in(second.socket.id!).disconnectSockets(true);
    await until('the socket is closed', () => second.socket.disconnected);
    expect(bobThere!.socket.connected).toBe(true);
  });

  it('a process that has ended is asked nothing', async () => {
    const third = await world.node();
    await until('three processes', async () => (await here.sockets.adapter.serverCount()) === 3);
    await third.close();
    await until('two processes', async () => (await here.sockets.adapter.serverCount()) === 2);
    expect(await here.fetchSockets()).toHaveLength(2);
  });

  it('while Redis is away, emits reach the sockets of the process and requests fail at once', async () => {
    await redis.kill();
    await until('Redis is away', () =>
      here
        .fetchSockets()
        .then(() => false)
        .catch(() => true),
    );
    here.emit('resync', RESYNC);
    expect(await anaHere!.receives('resync', undefined, 1_000)).toEqual(RESYNC);
    const begun = performance.now();
    await expect(here.fetchSockets()).rejects.toThrow();
    await expect(here.serverSideEmitWithAck('question', 'how many?')).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(await here.local.fetchSockets()).toHaveLength(1);
    expect(bobThere!.received).toEqual([]);
    await redis.up();
    await until(
      'Redis is back',
      () =>
        here
          .fetchSockets()
          .then((sockets) => sockets.length === 2)
          .catch(() => false),
      15_000,
    );
    here.emit('resync', RESYNC);
    expect(await bobThere!.receives('resync')).toEqual(RESYNC);
  }, 30_000);

  it('a request that another process does not answer ends with an error', async () => {
    there.once('question', () => undefined);
    await expect(here.serverSideEmitWithAck('question', 'how many?')).rejects.toThrow('timeout reached');
  }, 15_000);
});
