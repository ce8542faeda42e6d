import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { SocketServer } from '../../src/realtime/adapter/socket-server.service.js';
import { type ChatSocket, Connection } from '../../src/realtime/hub/connection.js';
import { startApp } from '../support/app.js';
import { TestSocket } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

let world: World;
beforeAll(async () => (world = await World.start({ REALTIME_OUTBOUND_BYTES: '262144' })));
afterAll(() => world.stop());

/** Messages of 40 kB each: together more than the buffers of the kernel take. */
const FLOOD = 400;

async function flood(socket: TestSocket, room: { id: string }): Promise<void> {
  const text = '😀'.repeat(10_000);
  for (let n = 0; n < FLOOD; n += 20) {
    await Promise.all(Array.from({ length: 20 }, () => socket.emits('message:send', { roomId: room.id, text })));
  }
}

/** A client that speaks the wire by hand, so that it can stop reading. */
async function bareSocket(url: string, token: string): Promise<{ socket: WebSocket; received: string[]; pause(): void; resume(): void }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const received: string[] = [];
  socket.on('message', (data: Buffer) => {
    const packet = data.toString();
    received.push(packet);
    if (packet.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`);
    if (packet === '2') socket.send('3');
  });
  await until('ready', () => received.some((packet) => packet.startsWith('42["ready"')));
  return { socket, received, pause: () => socket.pause(), resume: () => socket.resume() };
}

describe('a client that does not read', () => {
  it('receives resync and is then disconnected, while the others receive everything', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob, eva);
    const stalled = await bareSocket(world.url, bob.accessToken);
    const [a, e] = [await ana.connects(), await eva.connects()];
    stalled.pause();
    await flood(a, room);
    await until('the others received everything', () => e.messages(room.id).filter(({ system }) => !system).length === FLOOD, 15_000);
    const closed = new Promise((resolve) => stalled.socket.once('close', resolve));
    const before = stalled.received.length;
    await until('the server holds its socket no more', () => socketsOf(world, bob).length === 0, 12_000);
    expect(stalled.received.length).toBe(before);
    stalled.resume();
    await closed;
    const received = stalled.received
      .filter((packet) => packet.startsWith('42["messages:created"'))
      .flatMap((packet) => packet.match(/"replyCount"/g)!).length;
    expect(received).toBeLessThan(FLOOD);
  }, 60_000);

  it('goes on after a resync when it reads again in time', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const slow = await bareSocket(world.url, bob.accessToken);
    const a = await ana.connects();
    slow.pause();
    const flooding = flood(a, room);
    // A socket that lags for eight seconds is disconnected.
    await until('the socket lags', () => socketsOf(world, bob).some((socket) => Connection.of(socket).lagging), 30_000);
    slow.resume();
    await flooding;
    await until('resync received', () => slow.received.some((packet) => packet.startsWith('42["resync"')));
    const { lastSeq } = await bob.gets(`/rooms/${room.id}`);
    await until('it receives messages again', async () => {
      await a.emits('message:send', { roomId: room.id, text: 'again' });
      return slow.received.some((packet) => packet.includes('"text":"again"'));
    });
    slow.socket.send(`421["sync",{"rooms":{"${room.id}":{"seq":${lastSeq - 5},"rev":0}}}]`);
    await until('sync is answered', () => slow.received.some((packet) => packet.startsWith('431[{"ok":true')));
    slow.socket.terminate();
  }, 60_000);
});

const socketsOf = ({ app }: World, { id }: Person): ChatSocket[] =>
  [...app.app.get(SocketServer).server!.sockets.sockets.values()].filter(({ data }) => data.actor.userId === id);

describe('settings', () => {
  it('close a connection that does not authenticate', async () => {
    const impatient = await startApp({ env: { REALTIME_CONNECT_TIMEOUT_MS: '1000' }, databaseUrl: world.app.databaseUrl });
    const socket = new WebSocket(`${impatient.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await once(socket, 'close');
    await impatient.close();
  });

  it('keep typing and read marks out of rooms with more members', async () => {
    const quiet = await startApp({ env: { REALTIME_EPHEMERAL_MEMBERS: '2' }, databaseUrl: world.app.databaseUrl });
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const [small, large] = [await ana.opensGroup(bob), await ana.opensGroup(bob, eva)];
    const [a, b] = [
      await TestSocket.open(quiet.url, { token: ana.accessToken }),
      await TestSocket.open(quiet.url, { token: bob.accessToken }),
    ];
    for (const room of [large, small]) {
      await ana.sends(room, 'read me');
      expect(await b.emits('typing', { roomId: room.id, typing: true })).toEqual({ ok: true });
      await b.emits('room:read', { roomId: room.id, seq: 2 });
    }
    await a.receives('typing');
    await a.receives('room:read');
    expect([...a.all('typing'), ...a.all('room:read')].map(({ roomId }) => roomId)).toEqual([small.id, small.id]);
    await quiet.close();
  });
});

describe('a process that shuts down', () => {
  it('sends server:draining, waits for pending acks, and closes its sockets', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const leaving = await startApp({ databaseUrl: world.app.databaseUrl });
    const socket = await TestSocket.open(leaving.url, { token: ana.accessToken });
    const answers = Array.from({ length: 50 }, (_, n) => socket.emits('message:send', { roomId: room.id, text: `last ${n}` }));
    await answers[0];
    const closing = leaving.close();
    expect((await socket.receives('server:draining')).retryAfter).toBeGreaterThan(0);
    const payload = await Promise.all(answers);
    expect(payload.every(({ ok, error }) => ok || error.code === 'server_draining')).toBe(true);
    await until('the socket is closed', () => !socket.socket.connected);
    await closing;
    const acked = payload.filter(({ ok }) => ok).map(({ message }) => message.id);
    const page = await ana.page(room, '?limit=100');
    expect(acked.filter((id) => !page.items.some((message: any) => message.id === id))).toEqual([]);
  });
});
