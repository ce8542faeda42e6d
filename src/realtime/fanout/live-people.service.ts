import { Injectable, Logger } from '@nestjs/common';
import type { Connection, PersonPacket } from '../connection.js';
import { JsonText } from '../json-text.js';
import type { ServerEventName } from '../wire.js';
import { NodeBus } from '../node-bus.service.js';

/** What a process must do for a person whose sockets it has; each reads for itself what its people see. */
export type PersonHint =
  | { do: 'say'; event: ServerEventName; my: number | null }
  | { do: 'enter'; roomId: string; my: number }
  | { do: 'membership'; roomId: string; my: number | null }
  | { do: 'me'; my: number };

type Act = (person: LivePerson, hint: Exclude<PersonHint, { do: 'say' }>) => void;

/** How long a personal change waits for one before it: of two that follow each other, the second may be heard of first. */
const PATIENCE_MS = 250;

/** A person with sockets in this process. */
export class LivePerson {
  readonly connections = new Set<Connection>();
  /** The newest personal change that was told here; -1: none of the sockets was greeted yet. */
  my = -1;
  /** How often changes were passed over, and not looked at since: one of them may have been a room, which is not heard. */
  holes = 0;
  /** What came before its turn. */
  private early: PersonPacket[] = [];
  private readonly log = new Logger('LivePerson');
  private last: Promise<void> = Promise.resolve();
  private queued = 0;

  constructor(readonly userId: string) {}

  /** Runs one thing after the other, so that what a person hears keeps its order though each must be read first. */
  queue(work: () => Promise<void> | void): Promise<void> {
    this.queued++;
    this.last = this.last
      .then(work)
      .catch((error: unknown) => this.log.error(error instanceof Error ? error.stack : String(error)))
      .finally(() => this.queued--);
    return this.last;
  }

  tell(packet: PersonPacket): void {
    if (this.queued > 0) void this.queue(() => this.say(packet));
    else this.say(packet);
  }

  /** One socket is told of everything up to `my`: the others may have missed of it what came before, and it what they heard already. */
  greets(my: number): void {
    if (this.my >= 0 && this.my !== my) this.holes++;
    this.knows(my);
  }

  /** What is missing up to `my` is not waited for any longer. */
  passOver(my: number): void {
    if (this.my >= 0 && this.my < my) this.holes++;
    this.knows(my);
  }

  /** It was told of everything up to `my`, and hears what waited for it. */
  knows(my: number): void {
    this.my = Math.max(this.my, my);
    for (let next = this.early[0]; next && !this.isEarly(next); next = this.early[0]) {
      this.early.shift();
      this.my = Math.max(this.my, next.my ?? this.my);
      for (const connection of this.connections) connection.tellWhenReady(next);
    }
  }

  /** From within the queue. In the order of the numbers, as far as what is missing comes in time. */
  say(packet: PersonPacket): void {
    this.early.push(packet);
    this.early.sort((a, b) => (a.my ?? 0) - (b.my ?? 0));
    this.knows(this.my);
    if (!this.early.includes(packet)) return;
    setTimeout(() => {
      if (this.early.includes(packet)) this.passOver((packet.my ?? 0) - 1);
    }, PATIENCE_MS).unref();
  }

  private isEarly({ my }: PersonPacket): boolean {
    return my !== null && this.my >= 0 && my > this.my + 1;
  }
}

/** The people who have sockets in this process, by person and by session. */
@Injectable()
export class LivePeople {
  private readonly people = new Map<string, LivePerson>();
  private readonly sessions = new Map<string, Set<Connection>>();
  private act: Act = () => undefined;

  constructor(private readonly bus: NodeBus) {}

  /** Who does what a hint says. One. */
  whenHinted(act: Act): void {
    this.act = act;
  }

  all(): LivePerson[] {
    return [...this.people.values()];
  }

  find(userId: string): LivePerson | undefined {
    return this.people.get(userId);
  }

  sessionIds(): string[] {
    return [...this.sessions.keys()];
  }

  ofSession(sessionId: string): Connection[] {
    return [...(this.sessions.get(sessionId) ?? [])];
  }

  add(connection: Connection): LivePerson {
    const { userId, sessionId } = connection.actor;
    if (sessionId) this.sessions.set(sessionId, (this.sessions.get(sessionId) ?? new Set()).add(connection));
    const person = this.people.get(userId) ?? this.welcome(userId);
    person.connections.add(connection);
    return person;
  }

  remove(connection: Connection): void {
    const { userId, sessionId } = connection.actor;
    const session = this.sessions.get(sessionId ?? '');
    if (session?.delete(connection) && session.size === 0) this.sessions.delete(sessionId ?? '');
    const person = this.people.get(userId);
    if (!person?.connections.delete(connection) || person.connections.size > 0) return;
    this.people.delete(userId);
    this.bus.unfollow(channelOf(userId));
  }

  /** Says it to all sockets of the person, wherever they are. */
  tell(userId: string, packet: PersonPacket): void {
    this.people.get(userId)?.tell(packet);
    this.bus.say(channelOf(userId), `${JSON.stringify({ do: 'say', event: packet.event, my: packet.my })}\n${packet.body.text}`);
  }

  /** Does it for the sockets of the person in this process. */
  doHere(userId: string, hint: Exclude<PersonHint, { do: 'say' }>): void {
    const person = this.people.get(userId);
    if (person) this.act(person, hint);
  }

  /** Has every process that has sockets of the person do it. */
  hint(userId: string, hint: Exclude<PersonHint, { do: 'say' }>): void {
    this.doHere(userId, hint);
    this.bus.say(channelOf(userId), `${JSON.stringify(hint)}\n`);
  }

  private welcome(userId: string): LivePerson {
    const person = new LivePerson(userId);
    this.people.set(userId, person);
    this.bus.follow(channelOf(userId), (text) => this.hear(person, text));
    return person;
  }

  private hear(person: LivePerson, text: string): void {
    const end = text.indexOf('\n');
    const hint = JSON.parse(text.slice(0, end)) as PersonHint;
    if (hint.do === 'say') person.tell({ event: hint.event, my: hint.my, body: new JsonText(text.slice(end + 1)) });
    else this.act(person, hint);
  }
}

const channelOf = (userId: string): string => `user:${userId}`;
