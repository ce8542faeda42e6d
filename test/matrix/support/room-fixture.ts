import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { TestSocket } from '../../support/test-socket.js';
import { until } from '../../support/until.js';
import { call, type Person, World } from '../../support/world.js';
import { ACCOUNTS, type Account, type Actor, type Variant } from './actors.js';
import { bits, PERMISSIONS } from './permissions.js';

/** A room made for one call alone, and the ids of everything in it. */
export interface Place {
  readonly room: string;
  readonly actor: string;
  /** An admin with every permission, a plain member, a former member who left silenced and may be added by all, and a banned user. */
  readonly boss: string;
  readonly target: string;
  readonly guest: string;
  readonly outlaw: string;
  /** A message of the actor, edited once, and one of the target's, pinned. */
  readonly mine: string;
  readonly theirs: string;
  /** Reactions to the target's message: the actor's 👍 and the boss's 🎉. */
  readonly myReaction: string;
  readonly theirReaction: string;
  readonly myInvite: string;
  readonly theirInvite: string;
  /** Of the boss's invite. */
  readonly code: string;
  readonly report: string;
  /** A file of the actor that no message holds, and the one in the target's message. */
  readonly medium: string;
  readonly theirMedium: string;
}

/** A word that no non-member may ever read: every message and every reason of every room here holds it. */
export const SECRET = 'xylographq';

/** Ids that are nowhere: what is hidden is answered as these are. */
export const nowhere = (place: Place): Place => ({
  ...(Object.fromEntries(Object.keys(place).map((key) => [key, randomUUID()])) as unknown as Place),
  actor: place.actor,
  code: newCode(),
});

const newCode = (): string => randomBytes(16).toString('base64url');
const OTHERS = ['creator', 'boss', 'outlaw'] as const;

const OPEN = {
  friend_requests: 'everyone',
  direct_messages: 'everyone',
  group_invites: 'everyone',
  presence: 'everyone',
  read_receipts: true,
};

/** A server with the accounts that try everything, and a quick hand at making rooms for them. */
export class RoomFixture {
  /** A connected device of every account that may have one. */
  readonly devices = new Map<Account, TestSocket>();
  private tables: string[] = [];

  private constructor(
    readonly world: World,
    readonly db: pg.Client,
    readonly accounts: Record<(typeof ACCOUNTS)[number] | (typeof OTHERS)[number], Person>,
    /** What every file here is made of: one that was really uploaded. */
    private readonly file: object,
  ) {}

  static async open(): Promise<RoomFixture> {
    const world = await World.start();
    const db = await world.database();
    const accounts = await world.people(...ACCOUNTS, ...OTHERS);
    const stage = new RoomFixture(world, db, accounts, await upload(accounts.boss, db));
    await stage.furnish();
    return stage;
  }

  /** The account by which an actor calls; null for nobody. */
  person(account: Account): Person | null {
    return account === 'nobody' ? null : this.accounts[account];
  }

  /** A room of its own for each of these actors. */
  async places(variant: Variant, actors: readonly Actor[]): Promise<Place[]> {
    const places = actors.map((actor) => this.place(variant, actor));
    await this.peers(places.flatMap(({ target, guest }) => [target, guest]));
    await this.insert(
      'media',
      places.flatMap(({ medium, theirMedium, actor, target }) => [
        { ...this.file, id: medium, owner_id: actor },
        { ...this.file, id: theirMedium, owner_id: target },
      ]),
    );
    const rows = places.map((place, at) => rowsOf(place, variant, actors[at]!, this.accounts.creator.id));
    for (const table of Object.keys(rows[0] ?? {}))
      await this.insert(
        table,
        rows.flatMap((row) => row[table] ?? []),
      );
    return places;
  }

  /** All that is kept of each place, as one word: what has not changed has the same. */
  async prints(places: readonly Place[]): Promise<string[]> {
    const all = (table: string, where: string): string =>
      `coalesce((SELECT string_agg(t::text, '|' ORDER BY t::text) FROM ${table} t WHERE ${where}), '')`;
    const parts = [
      all('rooms', 't.id = k.id OR t.team_id = k.id'),
      all('media', 't.id IN (k.medium, k.their_medium)'),
      ...this.tables.map((table) => all(table, 't.room_id = k.id')),
    ];
    const { rows } = await this.db.query<{ print: string }>(
      `SELECT md5(concat_ws('/', ${parts.join(', ')})) AS print
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY k (id, medium, their_medium, position) ORDER BY k.position`,
      [places.map(({ room }) => room), places.map(({ medium }) => medium), places.map(({ theirMedium }) => theirMedium)],
    );
    return rows.map(({ print }) => print);
  }

  /** Deletes places again, so that no user is a member of thousands. */
  async clear(places: readonly Place[]): Promise<void> {
    const rooms = places.map(({ room }) => room);
    // What the server has ended it empties itself: two who take away the same rows, each in its order, are a deadlock.
    const ended = `SELECT 1 FROM rooms WHERE id = ANY ($1::uuid[]) AND deleted_at IS NOT NULL LIMIT 1`;
    await until('ended rooms emptied', async () => (await this.db.query(ended, [rooms])).rowCount === 0, 30_000);
    for (const table of this.tables) await this.db.query(`DELETE FROM ${table} WHERE room_id = ANY ($1::uuid[])`, [rooms]);
    await this.db.query(`DELETE FROM rooms WHERE id = ANY ($1::uuid[]) OR team_id = ANY ($1::uuid[])`, [rooms]);
    await this.db.query(`DELETE FROM media WHERE id = ANY ($1::uuid[])`, [places.flatMap((place) => [place.medium, place.theirMedium])]);
  }

  async close(): Promise<void> {
    await this.db.end();
    await this.world.stop();
  }

  private async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    const columns = Object.keys(rows[0]!).join(', ');
    await this.db.query(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(rows),
    ]);
  }

  private place({ type }: Variant, { account }: Actor): Place {
    const actor = this.person(account)?.id ?? this.accounts.outsider.id;
    // Nobody waits for what is done to these elsewhere; and two have one private room alone.
    const [target, guest] = [randomUUID(), randomUUID()];
    const boss = type === 'private_messages' ? target : this.accounts.boss.id;
    const ids = [
      'room',
      'mine',
      'theirs',
      'myReaction',
      'theirReaction',
      'myInvite',
      'theirInvite',
      'report',
      'medium',
      'theirMedium',
    ] as const;
    const made = Object.fromEntries(ids.map((name) => [name, randomUUID()])) as Record<(typeof ids)[number], string>;
    return { actor, boss, target, guest, outlaw: this.accounts.outlaw.id, ...made, code: newCode() };
  }

  /** People who have blocked who is blocked, and are blocked by who blocks. */
  private async peers(ids: readonly string[]): Promise<void> {
    await this.insert(
      'users',
      ids.map((id) => ({ id, username: `peer.${id.slice(-12)}`, ...OPEN })),
    );
    await this.insert(
      'user_heads',
      ids.map((id) => ({ user_id: id, my: 0 })),
    );
    await this.keepApart(ids);
  }

  private keepApart(ids: readonly string[]): Promise<void> {
    const { blocked, blocking } = this.accounts;
    return this.insert(
      'blocks',
      ids.flatMap((id) => [
        { user_id: id, blocked_id: blocked.id },
        { user_id: blocking.id, blocked_id: id },
      ]),
    );
  }

  private async furnish(): Promise<void> {
    const { accounts } = this;
    await this.db.query(`UPDATE users SET group_invites = 'everyone', direct_messages = 'everyone', presence = 'everyone'`);
    await accounts.platform.becomesPlatformAdmin();
    await this.keepApart((['creator', 'boss'] as const).map((name) => accounts[name].id));
    await call(this.world.url, 'POST', `/users/${accounts.inactive.id}/deactivate`, { token: accounts.platform.accessToken });
    const { rows } = await this.db.query<{ table_name: string }>(
      `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'room_id' AND table_name <> 'search_marks'
       ORDER BY table_name = 'room_heads', table_name`,
    );
    this.tables = rows.map(({ table_name: name }) => name);
    for (const account of ACCOUNTS) if (account !== 'inactive') this.devices.set(account, await accounts[account].connects());
  }
}

/** Uploads a file, and gives what is kept of it but its id and its owner. */
async function upload(person: Person, db: pg.Client): Promise<object> {
  const form = new FormData();
  form.append('file', new Blob([SECRET], { type: 'text/plain' }), 'plan.txt');
  const headers = { authorization: `Bearer ${person.accessToken}` };
  const answer = await fetch(`${person.world.url}/v1/media`, { method: 'POST', headers, body: form });
  if (answer.status !== 201) throw new Error(`upload → ${answer.status} ${await answer.text()}`);
  const { rows } = await db.query<{ file: { id: string; owner_id: string } }>(`SELECT to_json(m) AS file FROM media m`);
  const { id: _id, owner_id: _owner, ...file } = rows[0]!.file;
  return file;
}

type Rows = Record<string, object[]>;

/** The rows that a place is made of. */
function rowsOf(place: Place, { type, isPublic }: Variant, actor: Actor, creator: string): Rows {
  const { room: room_id, boss, target } = place;
  const isPrivate = type === 'private_messages';
  const now = new Date();
  const [low, high] = [actor.account === 'nobody' || !actor.member ? creator : place.actor, boss].sort();
  const memberOf = (user_id: string, role: string, more: object = {}) => ({
    ...{ room_id, user_id, role, allow: 0, deny: 0, silenced_until: null, joined_at: now, joined_rev: 0 },
    ...{ visible_from_seq: 1, last_read_seq: 2, last_read_n: 2, muted: false, pinned: false, archived: false, ...more },
  });
  const others = isPrivate
    ? [memberOf(boss, 'member'), ...(actor.member ? [] : [memberOf(creator, 'member')])]
    : [
        memberOf(boss, 'admin', { allow: bits(PERMISSIONS) }),
        memberOf(target, 'member'),
        ...(actor.member?.role === 'owner' ? [] : [memberOf(creator, 'owner')]),
      ];
  const own = actor.member && {
    ...{ allow: isPrivate ? 0 : bits(actor.member.allow), deny: bits(actor.member.deny) },
    silenced_until: actor.silenced ? new Date(Date.now() + 3_600_000) : null,
  };
  const members = own ? [...others, memberOf(place.actor, actor.member.role, own)] : others;
  const message = (id: string, seq: number, user_id: string) => ({
    ...{ room_id, id, seq, n: seq, rev: seq, type: 'text', text: `${SECRET} ${seq}`, user_id, reply_count: 0, created_at: now },
  });
  const reaction = (id: string, user_id: string, word: string) => ({
    room_id,
    message_id: place.theirs,
    user_id,
    reaction: word,
    id,
    created_at: now,
  });
  const invite = (id: string, created_by: string, code: string) => ({ id, room_id, code, created_by, uses: 0, created_at: now });
  const ban = (user_id: string) => ({ room_id, user_id, reason: SECRET, created_by: boss, created_at: now });
  return {
    rooms: [
      {
        ...{
          id: room_id,
          type,
          name: 'a room',
          is_public: isPublic,
          meta_tags: [],
          active: true,
          history_visibility: 'all',
          slow_mode_seconds: 0,
        },
        ...{ user_low: isPrivate ? low : null, user_high: isPrivate ? high : null, created_by: boss, created_at: now, updated_at: now },
      },
    ],
    room_heads: [{ room_id, last_seq: 2, last_n: 2, rev: 5, log_floor: 0, fence: 0, member_count: members.length, last_at: now }],
    room_users: members,
    messages: [message(place.theirs, 1, target), message(place.mine, 2, place.actor)],
    message_edits: [{ room_id, message_id: place.mine, rev: 2, text: SECRET, user_id: place.actor, edited_at: now }],
    message_pins: [{ room_id, message_id: place.theirs, seq: 1, pinned_by: boss, pinned_at: now }],
    message_media: [{ room_id, message_id: place.theirs, position: 0, seq: 1, media_id: place.theirMedium }],
    message_search: [1, 2].map((seq) => ({ room_id, seq, user_id: target, sent_at: now, has_media: false, normal: SECRET })),
    reactions: [reaction(place.myReaction, place.actor, '👍'), reaction(place.theirReaction, boss, '🎉')],
    reaction_counts: ['👍', '🎉'].map((word) => ({ room_id, message_id: place.theirs, reaction: word, count: 1, first_at: now })),
    room_changes: [
      ...[place.theirs, place.mine].map((id, at) => ({ room_id, kind: 'message', entity_id: id, rev: at + 1, changed_at: now })),
      ...(actor.gone ? [{ room_id, kind: 'room-user', entity_id: place.actor, rev: 3, changed_at: now }] : []),
    ],
    room_bans: [ban(place.outlaw), ...(actor.gone === 'banned' ? [ban(place.actor)] : [])],
    room_silences: [{ room_id, user_id: place.guest, until: new Date(Date.now() + 3_600_000) }],
    room_invites: [invite(place.myInvite, place.actor, newCode()), invite(place.theirInvite, boss, place.code)],
    room_reports: [{ id: place.report, room_id, message_id: place.mine, reporter_id: target, reason: SECRET, created_at: now }],
  };
}
