import type pg from 'pg';
import type { RunningApp } from '../../support/app.js';
import { type Answer, call, type Person, World } from '../../support/world.js';
import { type RandomAction, type Invite, type Name, NAMES, type Request, requestOf, type Room, type Start } from './random-actions.js';
import type { RoleState, SilencedMember } from './grants.js';
import { bits, PERMISSIONS, type Permission, type Role } from './permissions.js';

/** The state of a room in the database: its permissions, and a print of everything stored. */
export interface Look {
  readonly picture: RoleState;
  readonly print: string;
  readonly ended: boolean;
}

/** Five people and a platform admin, and a fresh room for every run. */
export class RoleFixture {
  private invites: Invite[] = [];
  private roomId = '';

  private constructor(
    readonly world: World,
    readonly db: pg.Client,
    readonly people: Readonly<Record<Name, Person>>,
    private readonly platform: Person,
    private readonly ids: Readonly<Record<Name, string>>,
  ) {}

  static async open(): Promise<RoleFixture> {
    const world = await World.start();
    const db = await world.database();
    const { platform, ...people } = await world.people(...NAMES, 'platform');
    await db.query(`UPDATE users SET group_invites = 'everyone'`);
    await platform.becomesPlatformAdmin();
    const ids = Object.fromEntries(NAMES.map((name) => [name, people[name].id])) as Record<Name, string>;
    return new RoleFixture(world, db, people, platform, ids);
  }

  async close(): Promise<void> {
    await this.db.end();
    await this.world.stop();
  }

  get room(): Room {
    return { id: this.roomId, ids: this.ids, invites: this.invites };
  }

  /** Creates a room that begins so; ana owns it, all accounts are active. */
  async begin({ type, isPublic, members }: Start): Promise<void> {
    const current = NAMES.filter((name) => members[name]);
    const userIds = current.map((name) => this.ids[name]);
    this.roomId = (await this.people.ana.posts('/rooms', { type, isPublic, name: 'a room', userIds })).id;
    this.invites = [];
    const rows = current.map((name) => ({
      user_id: this.ids[name],
      ...members[name]!,
      allow: bits(members[name]!.allow),
      deny: bits(members[name]!.deny),
    }));
    await this.db.query(
      `UPDATE room_users ru SET role = w.role, allow = w.allow & ~w.deny, deny = w.deny
       FROM json_populate_recordset(NULL::room_users, $1) w WHERE ru.room_id = $2 AND ru.user_id = w.user_id`,
      [JSON.stringify(rows), this.roomId],
    );
  }

  /** Deletes the room and activates inactive accounts. */
  async end(): Promise<void> {
    await this.db.query(`UPDATE rooms SET deleted_at = clock_timestamp() WHERE id = $1 AND deleted_at IS NULL`, [this.roomId]);
    const { rows } = await this.db.query<{ id: string }>(`SELECT id FROM users WHERE deactivated_at IS NOT NULL`);
    for (const { id } of rows) {
      await this.platform.posts(`/users/${id}/activate`);
      await this.logIn(NAMES.find((name) => this.ids[name] === id)!);
    }
  }

  request(action: RandomAction, { picture }: Look): Request {
    return requestOf(action, this.room, picture);
  }

  async send({ by, method, path, body }: Request, on: RunningApp = this.world.app): Promise<Answer> {
    const person = by === 'platform' ? this.platform : this.people[by];
    return person.call(method, path, body, on);
  }

  /** What an allowed call means for the calls that come. */
  async follow({ act, by, to }: Request, { body }: Answer): Promise<void> {
    if (act.does === 'invite') this.invites.push({ id: body.id, code: body.code, maker: by as Name });
    if (act.does === 'activate') await this.logIn(to);
  }

  async look(): Promise<Look> {
    const { rows } = await this.db.query<{
      members: MemberRow[] | null;
      kept: Record<string, string> | null;
      banned: string[];
      inactive: string[];
      print: string;
      ended: boolean;
      type: RoleState['type'];
    }>(LOOK, [this.roomId, Object.values(this.ids)]);
    const { type, members, kept, banned, inactive, print, ended } = rows[0]!;
    const named = (id: string): Name => NAMES.find((name) => this.ids[name] === id)!;
    const picture: RoleState = {
      type,
      members: Object.fromEntries((members ?? []).map((member) => [named(member.user_id), memberOf(member)])),
      kept: Object.fromEntries(Object.entries(kept ?? {}).map(([id, until]) => [named(id), until])),
      banned: banned.map(named),
      inactive: inactive.map(named),
    };
    return { picture, print, ended };
  }

  /** Role, set and silence of all members, as the room answers a member; null when no member is active. */
  async answered({ picture }: Look): Promise<Record<string, [Role, Permission[], boolean]> | null> {
    const witness = NAMES.find((name) => picture.members[name] && !picture.inactive.includes(name));
    if (!witness) return null;
    const { items } = await this.people[witness].gets(`/rooms/${this.roomId}/users?limit=100`);
    return Object.fromEntries(
      items.map((item: any) => [
        NAMES.find((name) => this.ids[name] === item.userId),
        [item.role, PERMISSIONS.filter((one) => item.permissions.includes(one)), item.silencedUntil !== null],
      ]),
    );
  }

  private async logIn(name: Name): Promise<void> {
    const person = this.people[name];
    const body = { username: person.username, password: person.password };
    const answer = await call(this.world.url, 'POST', '/auth/login', { body });
    // Who was put to rest again at the same moment stays out.
    if (answer.status === 200) person.accessToken = answer.body.accessToken;
  }
}

interface MemberRow {
  readonly user_id: string;
  readonly role: Role;
  readonly allow: number;
  readonly deny: number;
  readonly silenced_until: string | null;
}

const words = (set: number): Permission[] => PERMISSIONS.filter((_, bit) => set & (1 << bit));

const memberOf = ({ role, allow, deny, silenced_until: silencedUntil }: MemberRow): SilencedMember => ({
  ...{ role, allow: words(allow), deny: words(deny), silencedUntil },
});

const rowsOf = (table: string): string => `(SELECT string_agg(t::text, '|' ORDER BY t::text) FROM ${table} t WHERE t.room_id = r.id)`;

/** Also of a room that is purged by now. */
const LOOK = `SELECT r.type, r.id IS NULL OR r.deleted_at IS NOT NULL AS ended,
    (SELECT json_agg(ru) FROM room_users ru WHERE ru.room_id = r.id) AS members,
    (SELECT json_object_agg(user_id, until) FROM room_silences s WHERE s.room_id = r.id) AS kept,
    ARRAY(SELECT user_id::text FROM room_bans b WHERE b.room_id = r.id) AS banned,
    ARRAY(SELECT id::text FROM users u WHERE u.id = ANY ($2::uuid[]) AND u.deactivated_at IS NOT NULL) AS inactive,
    concat_ws('/', r::text, ${['room_heads', 'room_users', 'room_bans', 'room_silences', 'room_invites', 'room_audit', 'room_changes', 'messages'].map(rowsOf).join(', ')},
      (SELECT string_agg(u::text, '|' ORDER BY u.id) FROM users u WHERE u.id = ANY ($2::uuid[]))) AS print
  FROM (SELECT $1::uuid AS id) asked LEFT JOIN rooms r ON r.id = asked.id`;
