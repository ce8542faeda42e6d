import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import { Settings } from '../config/settings.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { MembershipView } from '../room-users/room-user.view.js';
import { ChangesQueries, type ChangesRow, type Distance, type Portion, type RoomCursor } from './changes.queries.js';
import type { ChangesView, RoomHeadView, RoomHeadsView, SyncedRoomView, SyncView } from './changes.view.js';
import type { ChangesQuery, Cursor } from './dto/sync.dto.js';
import { HeadsQueries } from './heads.queries.js';

/** Bytes of one answer of `sync`, what is around the rooms not counted. */
const ANSWER_BYTES = 250_000;
/** Of one room in it: a list of each kind, and the seat, fit into the answer together. */
const ROOM: Portion = { limit: 100, bytes: 100_000 };
/** Messages and changes that one `sync` reads at most; the rooms beyond are for the next one. */
const READ_AT_ONCE = 500;
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** What a client has missed: for REST one room at a time, for sockets many. */
@Injectable()
export class SyncService {
  constructor(
    private readonly access: RoomAccess,
    private readonly queries: ChangesQueries,
    private readonly headsQueries: HeadsQueries,
    private readonly settings: Settings,
  ) {}

  /** What happened in a room past a cursor, as JSON text of a {@link ChangesView}. @throws RoomNotFound, Forbidden not_member */
  async getChanges(actor: Actor, roomId: string, { seq, rev, limit }: ChangesQuery): Promise<string> {
    await this.access.read(actor, roomId);
    const [row] = await this.queries.getChanges(actor.userId, [{ roomId, seq, rev }], { limit, bytes: UNBOUNDED }, false);
    if (!row) throw new RoomNotFound();
    return row.changes;
  }

  /**
   * The same for many rooms, as far as it fits into one answer; `later` names the others. A room that is not the actor's is `gone`.
   * @throws ValidationFailed for more rooms than the setting allows
   */
  async syncRooms(actor: Actor, rooms: Readonly<Record<string, Cursor>>): Promise<SyncView> {
    const cursors = cursorsOf(rooms);
    const { syncRooms } = this.settings.realtime;
    if (cursors.length > syncRooms) throw new ValidationFailed([{ path: 'rooms', message: `must hold at most ${syncRooms} rooms` }]);
    const distances = await this.queries.distances(actor.userId, cursors);
    const seated = new Set(distances.map(({ roomId }) => roomId));
    const near = this.within(distances);
    const asked = cursors.filter(({ roomId }) => near.has(roomId));
    const rows = await this.queries.getChanges(actor.userId, asked, ROOM, true);
    const gone = cursors.filter(({ roomId }) => !seated.has(roomId) || (near.has(roomId) && !rows.some((row) => row.roomId === roomId)));
    const { told, left } = fitting(rows);
    return {
      rooms: Object.fromEntries<SyncView['rooms'][string]>([
        ...gone.map(({ roomId }) => [roomId, { gone: true }] as const),
        ...told.map((row) => [row.roomId, viewOf(row)] as const),
      ]),
      later: [...left.map(({ roomId }) => roomId), ...[...seated].filter((roomId) => !near.has(roomId))],
    };
  }

  /** Where all of the actor's rooms stand, by id. @param after `next` of the answer before */
  async listRoomHeads(actor: Actor, after: string | null = null): Promise<RoomHeadsView> {
    const limit = this.settings.realtime.syncRooms;
    const rooms = await this.headsQueries.byId(actor.userId, after, limit + 1);
    const shown = rooms.slice(0, limit);
    return { rooms: shown, next: rooms.length > limit ? (shown.at(-1)?.roomId ?? null) : null };
  }

  /** What a client starts with: the epoch, and the rooms that were active last. */
  async start(actor: Actor): Promise<{ epoch: string; rooms: RoomHeadView[]; more: boolean }> {
    const limit = this.settings.realtime.syncRooms;
    const rooms = await this.headsQueries.latest(actor.userId, limit + 1);
    return { epoch: await this.headsQueries.epoch(), rooms: rooms.slice(0, limit), more: rooms.length > limit };
  }

  /** The rooms that one answer reads, in the order asked; one at least. */
  private within(distances: readonly Distance[]): Set<string> {
    const near = new Set<string>();
    let read = 0;
    for (const { roomId, messages, changes } of distances) {
      const lost = messages + changes > this.settings.log.resetAfter;
      read += lost ? 1 : Math.min(messages, ROOM.limit) + Math.min(changes, ROOM.limit);
      if (read > READ_AT_ONCE && near.size > 0) break;
      near.add(roomId);
    }
    return near;
  }
}

/** What fits into one answer, in the order asked; one room at least. */
function fitting(rows: readonly ChangesRow[]): { told: ChangesRow[]; left: ChangesRow[] } {
  let bytes = 0;
  const full = rows.findIndex(({ changes, membership }, index) => {
    bytes += Buffer.byteLength(changes) + Buffer.byteLength(membership ?? '');
    return bytes > ANSWER_BYTES && index > 0;
  });
  return full < 0 ? { told: [...rows], left: [] } : { told: rows.slice(0, full), left: rows.slice(full) };
}

const viewOf = ({ changes, membership }: ChangesRow): SyncedRoomView => ({
  ...(JSON.parse(changes) as ChangesView),
  membership: JSON.parse(membership ?? 'null') as MembershipView,
});

const cursorsOf = (rooms: Readonly<Record<string, Cursor>>): RoomCursor[] => [
  ...new Map(
    Object.entries(rooms).map(([id, { seq, rev }]) => {
      const roomId = id.toLowerCase();
      return [roomId, { roomId, seq, rev }];
    }),
  ).values(),
];
