import type { ReceivedEvent, Json } from './test-socket.js';
import type { Person } from './world.js';

/** The events by which a room's two numbers move. */
export const ROOM_EVENTS = [
  'messages:created',
  'messages:updated',
  'room:updated',
  'room-user:added',
  'room-user:updated',
  'room-user:removed',
];

const PREVIEW_LENGTH = 200;

/** Something that a client holds, and how new it is. */
interface Held {
  rev: number;
  value: Json;
}

/** What a client knows of one room. */
class RoomState {
  readonly messages = new Map<string, Json>();
  /** By user id; a value of null: known to be out. */
  readonly users = new Map<string, Held>();
  room: Held = { rev: -1, value: null };
  /** The user's own reactions by message id, known up to `rev`: not in a broadcast's messages, but in its causes. */
  readonly mine = new Map<string, { rev: number; reactions: Set<string> }>();
  /** Changes of messages that have not come yet. */
  readonly early = new Map<string, Json>();
  /** Messages that have not come yet, with a change whose content is missing. */
  readonly incomplete = new Set<string>();
  /** Packets from ahead of the cursor. */
  waiting: ReceivedEvent[] = [];

  constructor(
    public seq: number,
    public rev: number,
  ) {}
}

/**
 * A client that does what the wire asks of one, and nothing more: it keeps things by id, the higher rev wins whatever brought it; its cursor
 * moves by contiguous packets and by answers of `changes`; what lies ahead waits until `sync`.
 */
export class ReferenceClient {
  readonly rooms = new Map<string, RoomState>();

  constructor(private readonly me: Person) {}

  /** A packet of a room, in whatever order, once, twice or never. */
  receives(received: ReceivedEvent): void {
    const state = this.rooms.get(received.payload.roomId);
    if (state && !this.take(state, received)) state.waiting.push(received);
  }

  /** What a client does after a connection, a hole or a second of waiting: heads, then the changes of each room until there are no more. */
  async sync(): Promise<void> {
    const heads = await this.heads();
    for (const id of this.rooms.keys()) if (!heads.has(id)) this.rooms.delete(id);
    for (const roomId of heads) {
      const state = this.rooms.get(roomId) ?? (await this.start(roomId));
      await this.catchUp(roomId, state);
    }
  }

  /** What a client does a second after a packet that could not be used. */
  async syncWhatWaits(roomId: string): Promise<void> {
    const state = this.rooms.get(roomId)!;
    if (state.waiting.length > 0) await this.catchUp(roomId, state);
  }

  /** Loads one room, and no other. */
  async open(roomId: string): Promise<void> {
    await this.start(roomId);
  }

  /** Everything that the client would show of a room, in an order of its own. */
  shows(roomId: string): Json {
    const state = this.rooms.get(roomId);
    if (!state) return null;
    const messages = [...state.messages.values()].map((message) => ({
      ...message,
      reactions: message.reactions.map((one: Json) => ({ ...one, mine: state.mine.get(message.id)?.reactions.has(one.reaction) ?? false })),
    }));
    return shown(state.room.value, messages, [...state.users.values()].map(({ value }) => value).filter(Boolean));
  }

  private async heads(): Promise<Set<string>> {
    const heads = new Set<string>();
    let cursor = '';
    do {
      const page: Json = await this.me.gets(`/rooms?order=id&limit=100${cursor && `&cursor=${cursor}`}`);
      for (const room of page.items) heads.add(room.id);
      cursor = page.nextCursor;
    } while (cursor);
    return heads;
  }

  /** Takes the room's head as cursor first, then loads: what is newer than the cursor comes once more by `changes`. */
  private async start(roomId: string): Promise<RoomState> {
    const room = await this.me.gets(`/rooms/${roomId}`);
    const state = new RoomState(room.lastSeq, room.rev);
    this.rooms.set(roomId, state);
    await this.load(roomId, state);
    return state;
  }

  private async load(roomId: string, state: RoomState): Promise<void> {
    const fetched = await fetchRoom(this.me, roomId);
    for (const message of fetched.messages) this.keepMine(state, message);
    this.keepRoom(state, fetched.room.rev, fetched.room);
    const present = new Set(fetched.users.map(({ userId }: Json) => userId));
    for (const user of fetched.users) this.keepUser(state, fetched.usersRev, user.userId, user);
    for (const userId of state.users.keys()) if (!present.has(userId)) this.keepUser(state, fetched.usersRev, userId, null);
  }

  private async catchUp(roomId: string, known: RoomState): Promise<void> {
    let state = known;
    for (let more = true; more;) {
      const answer = await this.me.gets(`/rooms/${roomId}/changes?seq=${state.seq}&rev=${state.rev}&limit=3`);
      more = answer.hasMore || answer.reset;
      if (answer.reset) {
        state = new RoomState(answer.seq, answer.rev);
        this.rooms.set(roomId, state);
        await this.load(roomId, state);
        continue;
      }
      for (const message of answer.messages) this.keepMine(state, message);
      for (const change of answer.changes) {
        if (change.kind === 'message') this.keepMine(state, change.message);
        else if (change.kind === 'room-user') this.keepUser(state, change.rev, change.userId, change.roomUser);
        else this.keepRoom(state, change.rev, change.room);
      }
      state.seq = answer.seq;
      state.rev = answer.rev;
    }
    const { waiting } = state;
    state.waiting = [];
    for (const received of waiting) this.receives(received);
  }

  /** Returns false when the packet is ahead of the cursor, or incomplete. */
  private take(state: RoomState, { event, payload }: ReceivedEvent): boolean {
    if (event === 'messages:created') {
      const messages: Json[] = payload.messages;
      if (messages[0].seq > state.seq + 1) return false;
      if (messages.at(-1).seq <= state.seq) return true;
      if (messages.some(({ id }) => state.incomplete.has(id))) return false;
      for (const message of messages) this.keep(state, message);
      state.seq = messages.at(-1).seq;
      return true;
    }
    if (payload.prevRev > state.rev) return false;
    const news = payload.rev > state.rev;
    this.apply(state, event, payload);
    if (news && event === 'messages:updated' && !this.coversAll(state, payload)) return false;
    state.rev = Math.max(state.rev, payload.rev);
    return true;
  }

  private apply(state: RoomState, event: string, payload: Json): void {
    switch (event) {
      case 'messages:updated':
        for (const cause of payload.causes) if (cause.userId === this.me.id && cause.reaction) this.keepCause(state, cause);
        for (const entry of payload.messages) this.merge(state, entry);
        return;
      case 'room:updated':
        return this.keepRoom(state, payload.rev, payload.room);
      case 'room-user:added':
        for (const user of payload.roomUsers) this.keepUser(state, payload.rev, user.userId, user);
        return;
      case 'room-user:updated':
        return this.keepUser(state, payload.rev, payload.roomUser.userId, payload.roomUser);
      case 'room-user:removed':
        return this.keepUser(state, payload.rev, payload.userId, null);
      default: // an event of a later version
    }
  }

  /** Not when a change of a message that one holds was left out, nor when nobody knows whose the reactions are. */
  private coversAll(state: RoomState, { messages, causes }: Json): boolean {
    const hidden: Json[] = causes.filter(({ kind }: Json) => kind === 'hidden');
    for (const { messageId } of hidden) if (!state.messages.has(messageId)) state.incomplete.add(messageId);
    const nobodys = new Set(causes.filter(({ userId }: Json) => userId === null).map(({ messageId }: Json) => messageId));
    const held = hidden.some(({ messageId }) => state.messages.has(messageId));
    return !held && !messages.some(({ id, reactions }: Json) => nobodys.has(id) && reactions.length > 0);
  }

  private keepCause(state: RoomState, { rev, kind, messageId, reaction }: Json): void {
    const mine = state.mine.get(messageId) ?? { rev: 0, reactions: new Set() };
    if (rev <= mine.rev) return;
    if (kind === 'reaction_added') mine.reactions.add(reaction);
    else mine.reactions.delete(reaction);
    state.mine.set(messageId, { ...mine, rev });
  }

  /** An entry of `messages:updated` onto the message that one holds; kept for later when one holds none. */
  private merge(state: RoomState, entry: Json): void {
    const held = state.messages.get(entry.id);
    if (held) return this.keep(state, { ...held, ...entry });
    const early = state.early.get(entry.id);
    if (entry.seq > state.seq && entry.rev > (early?.rev ?? 0)) state.early.set(entry.id, { ...early, ...entry });
  }

  /** Keeps a message from an answer to this client. */
  private keepMine(state: RoomState, message: Json): void {
    const own: Json[] = message.reactions.filter(({ mine }: Json) => mine);
    if (message.rev >= (state.mine.get(message.id)?.rev ?? 0)) {
      state.mine.set(message.id, { rev: message.rev, reactions: new Set(own.map(({ reaction }) => reaction)) });
    }
    this.keep(state, message);
  }

  private keep(state: RoomState, brought: Json): void {
    const early = state.early.get(brought.id);
    const message = early?.rev > brought.rev ? { ...brought, ...early } : brought;
    if (state.messages.get(message.id)?.rev > message.rev) return;
    state.early.delete(message.id);
    state.incomplete.delete(message.id);
    state.messages.set(message.id, message);
    this.dropLostReactions(state, message);
    const original = state.messages.get(message.replyTo?.id);
    if (original) previews(message, original);
    for (const other of state.messages.values()) if (other.replyTo?.id === message.id) previews(other, message);
  }

  /** What nobody reacts with any more is not one's own either. */
  private dropLostReactions(state: RoomState, message: Json): void {
    const reactions = state.mine.get(message.id)?.reactions;
    const left = new Set(message.reactions.map(({ reaction }: Json) => reaction));
    for (const reaction of reactions ?? []) if (!left.has(reaction)) reactions!.delete(reaction);
  }

  private keepUser(state: RoomState, rev: number, userId: string, value: Json): void {
    if (rev >= (state.users.get(userId)?.rev ?? -1)) state.users.set(userId, { rev, value });
  }

  private keepRoom(state: RoomState, rev: number, value: Json): void {
    if (rev >= state.room.rev) state.room = { rev, value };
  }
}

/** A reply that came late has the preview of its time: the original that one holds knows better. */
function previews(reply: Json, original: Json): void {
  reply.replyTo = { ...reply.replyTo, preview: previewOf(original) };
}

const previewOf = ({ type, text, user }: Json): Json => ({
  type,
  text: text === null ? null : [...text].slice(0, PREVIEW_LENGTH).join(''),
  user,
});

/** A room as a client that knows nothing loads it. */
export async function fetchRoom(
  person: Person,
  roomId: string,
): Promise<{ room: Json; messages: Json[]; users: Json[]; usersRev: number }> {
  const messages: Json[] = [];
  for (let page: Json = { hasNewer: true }; page.hasNewer;) {
    page = await person.gets(`/rooms/${roomId}/messages?after=${messages.at(-1)?.seq ?? 0}&limit=100`);
    messages.push(...page.items);
  }
  const users = await person.gets(`/rooms/${roomId}/users?limit=100`);
  return { room: await person.gets(`/rooms/${roomId}`), messages, users: users.items, usersRev: users.rev };
}

/** The same as {@link ReferenceClient.shows}, loaded anew. */
export async function fresh(person: Person, roomId: string): Promise<Json> {
  const { room, messages, users } = await fetchRoom(person, roomId);
  return shown(room, messages, users);
}

/** What the room's two numbers keep up to date. Counters of replies and read marks take none: they are as of the last load. */
function shown(room: Json, messages: Json[], users: Json[]): Json {
  return {
    room: room && {
      name: room.name,
      description: room.description,
      active: room.active,
      isPublic: room.isPublic,
      metaTags: room.metaTags,
      slowModeSeconds: room.slowModeSeconds,
    },
    messages: messages.map(({ replyCount: _, ...message }) => message).sort((a, b) => a.seq - b.seq),
    users: users.map(({ lastReadSeq: _, ...user }) => user).sort((a, b) => (a.userId < b.userId ? -1 : 1)),
  };
}
