import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import type { RunningApp } from '../support/app.js';
import type { TestSocket, ReceivedEvent, Json } from '../support/test-socket.js';
import { limitOf, property } from '../support/properties.js';
import { fresh, ReferenceClient, ROOM_EVENTS } from '../support/reference-client.js';
import { until } from '../support/until.js';
import { World, type Person } from '../support/world.js';

/** An action of a user; the numbers choose the user and the message. */
type Action =
  | { does: 'send' | 'edit' | 'delete' | 'react' | 'unreact' | 'pin' | 'unpin'; who: number; which: number }
  | { does: 'reply' | 'rename' | 'add' | 'remove' | 'promote' | 'sync' | 'leaveAndReturn'; who: number; which: number };

/** The delivery of a packet. */
type Fate = 'now' | 'late' | 'dropped' | 'twice';

const action: fc.Arbitrary<Action> = fc.record({
  does: fc.constantFrom(
    ...(['send', 'send', 'send', 'reply', 'edit', 'edit', 'delete', 'react', 'react', 'unreact', 'pin', 'unpin'] as const),
    ...(['rename', 'add', 'remove', 'promote', 'sync', 'leaveAndReturn'] as const),
  ),
  who: fc.nat({ max: 2 }),
  which: fc.nat({ max: 9 }),
});
/** An action in which the listener stays a member and does not sync. */
const withoutSync = action.filter(({ does }) => does !== 'sync' && does !== 'leaveAndReturn');
const history = fc.constantFrom('all', 'since_joined');
const fates = fc.array(fc.constantFrom<Fate>('now', 'now', 'now', 'late', 'dropped', 'twice'), { minLength: 1, maxLength: 40 });

/** A room, the users who act in it, and a listener whose packets are late, lost or doubled. */
class SyncFixture {
  readonly client: ReferenceClient;
  private received = 0;
  private messageIds: string[] = [];
  private late: ReceivedEvent[] = [];

  constructor(
    readonly room: Json,
    readonly actors: readonly Person[],
    readonly listener: Person,
    readonly guest: Person,
    private readonly socket: TestSocket,
    private readonly line: readonly Fate[],
  ) {
    this.client = new ReferenceClient(listener);
    this.received = socket.received.length;
  }

  async act({ does, who, which }: Action): Promise<void> {
    const actor = this.actors[who % this.actors.length]!;
    const path = `/rooms/${this.room.id}`;
    const message = `${path}/messages/${this.messageIds[which % Math.max(1, this.messageIds.length)]}`;
    const reaction = ['👍', '🎉', '🚀'][which % 3]!;
    const owner = this.actors[0]!;
    if (this.messageIds.length === 0 && !['send', 'rename', 'add', 'remove', 'promote', 'sync'].includes(does)) return;
    const actions: Record<Action['does'], () => Promise<unknown>> = {
      send: () => this.sends(actor, {}),
      reply: () => this.sends(actor, { replyToId: this.messageIds[which % this.messageIds.length] }),
      edit: () => actor.call('PATCH', message, { text: `edited ${which} by ${actor.username}` }),
      delete: () => actor.call('DELETE', message),
      react: () => (who === 2 ? this.listener : actor).call('POST', `${message}/reactions`, { reaction }),
      unreact: () => (who === 2 ? this.listener : actor).call('DELETE', `${message}/reactions?reaction=${encodeURIComponent(reaction)}`),
      pin: () => owner.call('PUT', `${message}/pin`),
      unpin: () => owner.call('DELETE', `${message}/pin`),
      rename: () => owner.call('PATCH', path, { name: `name ${which}` }),
      add: () => owner.call('POST', `${path}/users`, { userId: this.guest.id }),
      remove: () => owner.call('DELETE', `${path}/users/${this.guest.id}`),
      promote: () => owner.call('PATCH', `${path}/users/${this.actors[1]!.id}`, { role: which % 2 ? 'admin' : 'member' }),
      sync: () => this.client.sync(),
      leaveAndReturn: async () => {
        await owner.call('DELETE', `${path}/users/${this.listener.id}`);
        await owner.call('POST', `${path}/users`, { userId: this.listener.id });
      },
    };
    await actions[does]();
    this.deliver();
  }

  /** Passes the packets received since to the client, each by its fate; a late one after the newer packets. */
  deliver(): void {
    const packets = this.socket.received.slice(this.received).filter(({ event }) => ROOM_EVENTS.includes(event));
    const late = this.late;
    this.late = [];
    for (const packet of packets) {
      const fate = this.line[this.received++ % this.line.length]!;
      if (fate === 'late') this.late.push(packet);
      else if (fate !== 'dropped') this.client.receives(packet);
      if (fate === 'twice') this.client.receives(packet);
    }
    this.received = this.socket.received.length;
    for (const packet of late.reverse()) this.client.receives(packet);
  }

  deletesRoom(): Promise<unknown> {
    return this.actors[0]!.deletes(`/rooms/${this.room.id}`);
  }

  private async sends(actor: Person, more: object): Promise<void> {
    const answer = await actor.call('POST', `/rooms/${this.room.id}/messages`, { text: `text ${this.messageIds.length}`, ...more });
    if (answer.status === 201) this.messageIds.push(answer.body.id);
  }
}

const USUAL_MS = 120_000;

describe('a client that follows the rules', () => {
  let world: World;
  /** Receives nothing from the first process: its sockets are served by repair only. */
  let apart: RunningApp;
  beforeAll(async () => {
    world = await World.start({ LOG_RESET_AFTER: '25' });
    apart = await world.node();
  });
  afterAll(() => world.stop());

  /** Returns a factory: the same users and the same connection, in a new room each time. */
  async function stages(on = world.app): Promise<(line: readonly Fate[], historyVisibility?: string) => Promise<SyncFixture>> {
    const { ana, bob, lea, guy } = await world.people('ana', 'bob', 'lea', 'guy');
    const socket = await lea.connects({}, on);
    await ana.befriends(bob, lea, guy);
    return async (line, historyVisibility = 'all') => {
      const room = await ana.posts('/rooms', { type: 'group', name: 'x', historyVisibility, userIds: [bob.id, lea.id] });
      await socket.receives('room:created', (received) => received.room.id === room.id);
      const stage = new SyncFixture(room, [ana, bob], lea, guy, socket, line);
      await stage.client.sync();
      return stage;
    };
  }

  /** Waits until the client has by events what a fresh load gives. @param mayAsk it syncs where an event is incomplete */
  async function settles(stage: SyncFixture, mayAsk: boolean): Promise<void> {
    const expected = await fresh(stage.listener, stage.room.id);
    const same = async (): Promise<boolean> => {
      stage.deliver();
      if (mayAsk) await stage.client.syncWhatWaits(stage.room.id);
      return isDeepStrictEqual(stage.client.shows(stage.room.id), expected);
    };
    // The difference explains more than a timeout.
    const failure: unknown = await until('the same as a fresh load', same).then(
      () => null,
      (error: unknown) => error,
    );
    expect(stage.client.shows(stage.room.id)).toEqual(expected);
    expect(failure).toBeNull();
    await stage.deletesRoom();
  }

  it(
    'has what a fresh load gives, with late, lost and doubled packets',
    async () => {
      const createFixture = await stages();
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 30 }), fates, history, async (actions, line, visibility) => {
          const stage = await createFixture(line, visibility);
          for (const one of actions) await stage.act(one);
          await stage.client.sync();
          expect(stage.client.shows(stage.room.id)).toEqual(await fresh(stage.listener, stage.room.id));
          // Packets that arrive after the sync change nothing.
          stage.deliver();
          expect(stage.client.shows(stage.room.id)).toEqual(await fresh(stage.listener, stage.room.id));
          await stage.deletesRoom();
        }),
        property(10, USUAL_MS),
      );
    },
    limitOf(USUAL_MS),
  );

  it(
    'needs no sync when no packet was lost',
    async () => {
      const createFixture = await stages();
      await fc.assert(
        fc.asyncProperty(fc.array(withoutSync, { minLength: 5, maxLength: 20 }), async (actions) => {
          const stage = await createFixture(['now']);
          for (const one of actions) await stage.act(one);
          await settles(stage, false);
        }),
        property(5, USUAL_MS),
      );
    },
    limitOf(USUAL_MS),
  );

  it(
    'has what a fresh load gives when all packets come by repair',
    async () => {
      const createFixture = await stages(apart);
      const play = fc.tuple(fc.array(withoutSync, { minLength: 5, maxLength: 20 }), history);
      // A repair takes seconds: many rooms at once.
      await fc.assert(
        fc.asyncProperty(fc.array(play, { minLength: 1, maxLength: 12, size: 'max' }), async (plays) => {
          const ends = plays.map(async ([actions, visibility]) => {
            const stage = await createFixture(['now'], visibility);
            for (const one of actions) await stage.act(one);
            await settles(stage, true);
          });
          await Promise.all(ends);
        }),
        property(1, USUAL_MS),
      );
    },
    limitOf(USUAL_MS),
  );
});
