import type { TestSocket, ReceivedEvent, Json } from './test-socket.js';
import { fresh, ReferenceClient, ROOM_EVENTS } from './reference-client.js';
import type { Person } from './world.js';

const KEPT_WHEN_HIDDEN = ['membership', 'otherUser', 'otherLastReadSeq', 'lastMessage'];

/** Everything that one user is shown, loaded once and then updated by events alone, by the rules of docs/clients.md. */
export class Mirror {
  readonly client: ReferenceClient;
  readonly faults: string[] = [];
  /** It was compared with a fresh load, and went on by events since: there is no need to load again. */
  isTrue = false;
  private rooms = new Map<string, Json>();
  private friends = new Set<string>();
  private requests = new Map<string, string>();
  private me: Json;
  private my = 0;
  private at = 0;
  private start = 0;
  private room = '';
  private opened = false;

  private constructor(
    readonly person: Person,
    readonly socket: TestSocket,
  ) {
    this.client = new ReferenceClient(person);
  }

  static async of(person: Person): Promise<Mirror> {
    return new Mirror(person, await person.connects());
  }

  /** Begins with a room that is open: what is loaded now is kept up to date by events alone. */
  async opens(roomId: string): Promise<void> {
    await this.socket.flushes();
    if (this.isTrue) this.shows();
    else await this.load();
    this.room = roomId;
    this.client.rooms.clear();
    this.opened = this.rooms.has(roomId);
    if (this.opened) await this.client.open(roomId);
    this.at = this.start = this.socket.received.length;
  }

  private async load(): Promise<void> {
    const { rooms, friends, requests, me } = await loadPersonal(this.person);
    Object.assign(this, { rooms, friends, requests, me, my: me.my });
    this.at = this.socket.received.length;
  }

  /** The names of the events received since {@link load}. */
  received(): string[] {
    return this.socket.received.slice(this.start).map(({ event }) => event);
  }

  /** Applies the received events, and returns everything that the user would be shown. */
  shows(): Json {
    for (const received of this.socket.received.slice(this.at)) this.take(received);
    this.at = this.socket.received.length;
    const held = this.client.rooms.get(this.room);
    const membership = this.rooms.get(this.room)?.membership;
    return bare({
      me: this.me,
      friends: [...this.friends].toSorted(),
      requests: [...this.requests].toSorted(),
      rooms: [...this.rooms.values()].map(listed).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      open:
        held && membership
          ? { ...this.client.shows(this.room), ...counted([...held.messages.values()], membership, this.person.id) }
          : null,
    });
  }

  /** The same as {@link shows}, by asking anew. */
  async fresh(): Promise<Json> {
    const { me, friends, requests, rooms } = await loadPersonal(this.person);
    const own = rooms.get(this.room)?.membership;
    return bare({
      me,
      friends: [...friends].toSorted(),
      requests: [...requests].toSorted(),
      rooms: [...rooms.values()].map(listed).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      open:
        own && this.opened
          ? {
              ...(await fresh(this.person, this.room)),
              unreadCount: own.unreadCount,
              mentionCount: own.mentionCount,
            }
          : null,
    });
  }

  private take(received: ReceivedEvent): void {
    const { event, payload } = received;
    if (typeof payload.my === 'number') this.numbered(event, payload.my);
    if (ROOM_EVENTS.includes(event)) this.inRoom(received);
    else if (event.startsWith('friend-request:')) this.request(event, payload.friendRequest);
    else if (event === 'friend:removed') this.friends.delete(payload.userId);
    else if (event === 'me:updated') this.me = { ...payload.me, my: payload.my };
    else if (event === 'user:updated') this.seen(payload.user);
    else if (event === 'membership:updated') this.own(payload.roomId, payload.membership);
    else if (event === 'room:created') this.rooms.set(payload.room.id, payload.room);
    else if (event === 'room:gone') this.gone(payload.roomId);
  }

  /** Personal changes are counted without a hole. */
  private numbered(event: string, my: number): void {
    if (my > this.my + 1) this.faults.push(`${this.person.username}: ${event} is number ${my} after ${this.my}`);
    this.my = Math.max(this.my, my);
    this.me = { ...this.me, my: this.my };
  }

  private inRoom(received: ReceivedEvent): void {
    const { event, payload } = received;
    this.client.receives(received);
    const room = this.rooms.get(payload.roomId);
    if (!room) return;
    if (event === 'messages:created') {
      for (const message of payload.messages) {
        room.lastSeq = Math.max(room.lastSeq, message.seq);
        room.lastMessage = message;
        // Who speaks has read.
        if (message.user.id === this.person.id && message.type !== 'system') room.membership.lastReadSeq = message.seq;
      }
      return;
    }
    room.rev = Math.max(room.rev, payload.rev);
    if (event === 'room:updated') {
      const kept = Object.fromEntries(KEPT_WHEN_HIDDEN.map((field) => [field, room[field]]));
      this.rooms.set(room.id, { ...room, ...payload.room, ...kept });
    }
    if (event === 'messages:updated') {
      const entry = payload.messages.find((one: Json) => one.id === room.lastMessage?.id);
      if (entry) room.lastMessage = { ...room.lastMessage, ...entry };
    }
  }

  private request(event: string, { id, fromUser, toUser }: Json): void {
    if (event !== 'friend-request:received') this.requests.delete(id);
    else this.requests.set(id, fromUser.id);
    if (event === 'friend-request:approved') this.friends.add(fromUser.id === this.person.id ? toUser.id : fromUser.id);
  }

  private seen(user: Json): void {
    for (const room of this.rooms.values()) if (room.otherUser?.id === user.id) room.otherUser = user;
  }

  private own(roomId: string, membership: Json): void {
    const room = this.rooms.get(roomId);
    if (room) room.membership = membership;
  }

  private gone(roomId: string): void {
    this.rooms.delete(roomId);
    this.client.rooms.delete(roomId);
  }
}

interface Personal {
  me: Json;
  rooms: Map<string, Json>;
  friends: Set<string>;
  requests: Map<string, string>;
}

async function loadPersonal(person: Person): Promise<Personal> {
  const all = async (path: string): Promise<Json[]> => (await person.gets(`${path}${path.includes('?') ? '&' : '?'}limit=100`)).items;
  const [me, rooms, friends, received, sent] = await Promise.all([
    person.gets('/users/me'),
    all('/rooms?order=id'),
    all('/friends'),
    all('/friend-requests?direction=received&status=pending'),
    all('/friend-requests?direction=sent&status=pending'),
  ]);
  return {
    me,
    rooms: new Map(rooms.map((room) => [room.id, room])),
    friends: new Set(friends.map(({ user }) => user.id)),
    requests: new Map([...received, ...sent].map(({ id, fromUser }) => [id, fromUser.id])),
  };
}

/** What the list of rooms holds and events update: not member counts, because a channel's readers join and leave unlogged. */
function listed({
  id,
  type,
  name,
  description,
  avatarUrl,
  isPublic,
  metaTags,
  active,
  slowModeSeconds,
  lastSeq,
  rev,
  ...more
}: Json): Json {
  const { membership, lastMessage, otherUser } = more;
  const { role, permissions, muted, pinned, archived, draft, silencedUntil, lastReadSeq, visibleFromSeq } = membership;
  return {
    ...{ id, type, name, description, avatarUrl, isPublic, metaTags, active, slowModeSeconds, lastSeq, rev },
    otherUser: otherUser && { ...otherUser, known: true },
    lastMessage: lastMessage && {
      id: lastMessage.id,
      type: lastMessage.type,
      rev: lastMessage.rev,
      text: lastMessage.text,
      deletedAt: lastMessage.deletedAt,
    },
    membership: { role, permissions: permissions.toSorted(), muted, pinned, archived, draft, silencedUntil, lastReadSeq, visibleFromSeq },
  };
}

/** What is unread, by counting what one holds. */
function counted(messages: readonly Json[], { lastReadSeq }: Json, me: string): { unreadCount: number; mentionCount: number } {
  const unread = messages.filter(
    ({ seq, type, deletedAt, user }) => seq > lastReadSeq && type !== 'system' && !deletedAt && user.id !== me,
  );
  const ofMe = unread.filter(({ mentions }) => mentions === 'all' || mentions.some(({ userId }: Json) => userId === me));
  return { unreadCount: unread.length, mentionCount: ofMe.length };
}

/** People inside messages and rooms by id alone, and no words of the system: names are read when they are shown, and no number counts them. */
function bare(value: Json): Json {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  if ('username' in value && 'displayName' in value && !('privacy' in value) && !('known' in value)) return value.id;
  const ofSystem = 'text' in value && value.type === 'system';
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ofSystem && key === 'text' ? null : bare(item)]));
}
