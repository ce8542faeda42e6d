import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { CLIENT_EVENTS, SERVER_EVENTS } from '../../src/realtime/wire/wire.js';
import { readContract } from '../support/contract.js';
import { limitOf, unrepeatable } from '../support/properties.js';
import { TestSocket, type Json } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';
import { deadline, nothingIsPoisoned, FuzzFixture } from './fuzz-fixture.js';
import { type Break, breaks, broken, DEEP, hostile, hostileText, Values } from './values.js';

// Whatever arrives over a connection, the server answers it or closes the connection, and other members notice nothing.

const { schemas } = readContract('asyncapi').components;
const values = new Values(schemas);

interface Word {
  readonly event: string;
  readonly payload: unknown;
  readonly more: unknown[];
  readonly actor: number;
  /** A packet that asks for no ack gets none. */
  readonly asks: boolean;
}

/** Names that socket.io-client itself keeps from being sent. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

const names = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom(...Object.keys(SERVER_EVENTS), 'toString', '__proto__', 'constructor', 'hasOwnProperty', '0', ''),
  },
  { weight: 1, arbitrary: hostileText.filter((name) => !RESERVED.includes(name)) },
);
const known = fc.constantFrom(...(Object.keys(CLIENT_EVENTS) as (keyof typeof CLIENT_EVENTS)[])).chain((event) => {
  const good = values.of(schemas[CLIENT_EVENTS[event].payload.name]);
  const bad = fc
    .tuple(good, fc.array(breaks, { minLength: 1, maxLength: 2 }))
    .map(([value, all]) => all.reduce<unknown>((done: unknown, one: Break) => broken(done, one), value));
  const payload = fc.oneof({ weight: 5, arbitrary: good }, { weight: 4, arbitrary: bad }, { weight: 1, arbitrary: hostile });
  return fc.tuple(fc.constant<string>(event), payload);
});
const word: fc.Arbitrary<Word> = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: fc.tuple(names, hostile) }),
    fc.oneof({ weight: 9, arbitrary: fc.constant<unknown[]>([]) }, { weight: 1, arbitrary: fc.array(hostile, { maxLength: 3 }) }),
    fc.nat({ max: 4 }),
    fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  )
  .map(([[event, payload], more, actor, asks]) => ({ event, payload, more, actor, asks }));

/** Packets as they appear on the wire: some valid, some that no correct client sends. */
const FRAMES = [
  '',
  '0',
  '1',
  '2',
  '2probe',
  '3',
  '4',
  '5',
  '6',
  '9',
  '40',
  '41',
  '42',
  '43',
  '44',
  '45',
  '46',
  '40{}',
  '40{"token":{"$ne":1}}',
  '40/admin,{}',
  '40/__proto__,{}',
  `40/${'x'.repeat(50_000)},`,
  '42[]',
  '42[1]',
  '42[null]',
  '42{}',
  '42["message:send"]',
  '420["message:send"]',
  '42999999999999999999["rooms",{}]',
  '42-1["rooms",{}]',
  '42["rooms",{},{},{},{}]',
  '421[7,{}]',
  '422[["rooms"],{}]',
  '423[{"toString":1},{}]',
  '42["connect",{}]',
  '42["disconnect"]',
  '42["disconnecting"]',
  '42["error",{"message":"x"}]',
  '42["newListener","x"]',
  '43999[1]',
  '430[]',
  '451-["message:send",{"_placeholder":true,"num":0}]',
  '4510000000000-["message:send",{"_placeholder":true,"num":0}]',
  '45-1-["x"]',
  '451-["message:send",{"_placeholder":true,"num":"__proto__"}]',
  '461-0[{"_placeholder":true,"num":9}]',
  '42["message:send",{"__proto__":{"ok":true},"roomId":"x"}]',
  '42["sync",{"rooms":{"__proto__":{"seq":0,"rev":0}}}]',
  '42["\\ud800",{}]',
  '42["message:send",{"text":"\\u0000"}]',
  `42["sync",${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}]`,
  `425["message:send",${'['.repeat(20_000)}${']'.repeat(20_000)}]`,
  `42["message:send",${JSON.stringify({ text: 'x'.repeat(170_000) })}]`,
  '42["message:send",{"roomId":',
  '\u001e',
  '4\u001e4\u001e4',
  'b4AAAA',
  'null',
  '\0',
];

interface Packet {
  readonly frame: string | Uint8Array;
  readonly known: boolean;
}

const PLAIN = '42["message:send",{"roomId":"0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11","text":"hello"}]';
const mangled = fc
  .array(fc.tuple(fc.nat({ max: PLAIN.length - 1 }), fc.constantFrom(...'"{}[]:,0-\\\0🦆')), { minLength: 1, maxLength: 4 })
  .map((changes) => changes.reduce((text, [at, sign]) => `${text.slice(0, at)}${sign}${text.slice(at + 1)}`, PLAIN));
const packet: fc.Arbitrary<Packet> = fc.record({
  frame: fc.oneof<fc.Arbitrary<string | Uint8Array>[]>(
    fc.constantFrom(...FRAMES),
    mangled,
    fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.toWellFormed()),
    fc.uint8Array({ maxLength: 200 }),
  ),
  known: fc.boolean(),
});

describe('over a socket', () => {
  let world: World;
  let stage: FuzzFixture;
  let quiet: Json;
  let witness: TestSocket;
  let speaker: TestSocket;
  let sent = 0;
  const sockets: TestSocket[] = [];
  let raw: RawClient | null = null;

  beforeAll(async () => {
    world = await World.start();
    stage = await FuzzFixture.set(world);
    const { ana, bob } = await world.people('ana', 'bob');
    quiet = await ana.opensGroup(bob);
    speaker = await ana.connects();
    witness = await bob.connects();
  });
  afterAll(async () => {
    raw?.close();
    await world.stop();
  });

  /** Two members of a quiet room: one sends, the other receives each message once and in order. */
  const nothingIsNoticed = async (): Promise<void> => {
    const { ok, message } = await speaker.emits('message:send', { roomId: quiet.id, text: `still here ${++sent}` });
    expect(ok).toBe(true);
    await witness.receives('messages:created', ({ messages }) => messages.some(({ id }: Json) => id === message.id), 2_000);
    const seqs = witness.messages(quiet.id).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, n) => seqs[0] + n));
  };

  const socketOf = async (place: number): Promise<TestSocket> => {
    const person = stage.people[place]!;
    if (!sockets[place]?.socket.connected) {
      if ((await person.call('GET', '/users/me')).status !== 200) await stage.heal();
      sockets[place] = await stage.people[place]!.connects();
    }
    return sockets[place];
  };

  const speak = async ({ event, payload, more, actor, asks }: Word): Promise<void> => {
    const socket = await socketOf(actor);
    const resolved = [payload, ...more].map((one) => stage.resolve(one));
    if (!asks || more.length > 0) {
      socket.socket.emit(event, ...resolved);
      return;
    }
    const answer = await socket.emits(event, resolved[0]).catch((error: unknown) => {
      // A packet that is too large ends the connection, as documented.
      if (!socket.socket.connected) return null;
      throw error;
    });
    if (answer?.ok && answer.message) stage.note('message', answer.message.id);
  };

  it(
    'any event is answered as documented',
    async () => {
      const isOver = deadline();
      await fc.assert(
        fc.asyncProperty(fc.array(word, { minLength: 12, maxLength: 12 }), async (words) => {
          if (isOver()) return;
          await Promise.all(Array.from({ length: 5 }, (_, place) => socketOf(place)));
          await Promise.all(words.map(speak));
          expect(TestSocket.faults).toEqual([]);
        }),
        unrepeatable(250),
      );
      await nothingIsNoticed();
    },
    limitOf(120_000),
  );

  it('what was taken poisons nothing', async () => {
    await stage.heal();
    expect(await nothingIsPoisoned(stage)).toBeGreaterThan(10);
  }, 60_000);

  it(
    'any bytes leave the others in peace',
    async () => {
      const isOver = deadline();
      await fc.assert(
        fc.asyncProperty(fc.array(packet, { minLength: 10, maxLength: 10 }), async (packets) => {
          if (isOver()) return;
          for (const { frame, known: isKnown } of packets) {
            raw = raw?.isOpen ? raw : await RawClient.open(world.url, isKnown ? stage.people[0]! : null);
            raw.send(frame);
          }
          await nothingIsNoticed();
        }),
        unrepeatable(80),
      );
    },
    limitOf(120_000),
  );

  it('a poll with anything in it is no defect', async () => {
    const address = `${world.url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(address)).text();
    const { sid } = JSON.parse(opened.slice(1));
    for (const body of FRAMES) {
      for (const place of [`${address}&sid=${sid}`, address, `${address}&sid=x`, `${address.replace('EIO=4', 'EIO=3')}`]) {
        const { status } = await fetch(place, { method: 'POST', body, headers: { 'content-type': 'text/plain' } }).catch(() => ({
          status: 0,
        }));
        expect([0, 200, 400, 413]).toContain(status);
      }
    }
    await nothingIsNoticed();
  });

  it('what is nested deep is no way in', async () => {
    const socket = await socketOf(0);
    let deep: unknown = 'x';
    for (let level = 0; level < DEEP * 10; level++) deep = { a: deep };
    expect(await socket.emits('message:send', { roomId: quiet.id, text: deep })).toMatchObject({ ok: false, error: { status: 400 } });
    expect(await socket.emits('room:read', deep)).toMatchObject({ ok: false, error: { status: 400 } });
  });
});

/** A connection by hand, with a person behind it or none. */
class RawClient {
  private constructor(private readonly socket: WebSocket) {
    socket.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  static async open(url: string, person: Person | null): Promise<RawClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const received: string[] = [];
    socket.on('message', (data: Buffer) => received.push(data.toString()));
    await once(socket, 'open');
    if (person) {
      socket.send(`40${JSON.stringify({ token: person.accessToken })}`);
      await until('let in, or not', () => received.some((one) => /^4[024]/.test(one)));
    }
    return new RawClient(socket);
  }

  close(): void {
    this.socket.terminate();
  }

  send(frame: string | Uint8Array): void {
    if (this.isOpen) this.socket.send(frame);
  }
}
