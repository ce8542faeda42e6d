import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import { Settings } from '../config/settings.js';
import { Epoch } from '../database/epoch.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { MembershipView } from '../room-users/room-user.view.js';
import { ChangesQueries, type ChangesBounds, type ChangesRow, type CursorLag, type RoomCursor } from './changes.queries.js';
import type { ChangesView, RoomHeadView, RoomHeadsView, SyncedRoomView, SyncView } from './changes.view.js';
import type { ChangesQuery, Cursor } from './dto/sync.dto.js';
import { HeadsQueries } from './heads.queries.js';

/** Bytes of the rooms in one answer of `sync`. */
const ANSWER_BYTES = 250_000;
/** Bounds of one room in it: both lists and the membership fit into the answer together. */
const ROOM: ChangesBounds = { limit: 100, bytes: 100_000 };
/** Maximum number of messages and changes that one `sync` reads; further rooms are for the next one. */
const MAX_READ = 500;
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** Returns the changes that a client has missed: by REST of one room, by socket of many. */
@Injectable()
export class SyncService {
  constructor(
    private readonly access: RoomAccess,
    private readonly queries: ChangesQueries,
    private readonly heads: HeadsQueries,
    private readonly epoch: Epoch,
    private readonly settings: Settings,
  ) {}

  /** Returns the changes of a room after a cursor, as JSON text of a {@link ChangesView}. @throws RoomNotFound, Forbidden not_member */
  async getChanges(actor: Actor, roomId: string, { seq, rev, limit }: ChangesQuery): Promise<string> {
    await this.access.read(actor, roomId);
    const [row] = await this.queries.getChanges(actor.userId, [{ roomId, seq, rev }], { limit, bytes: UNBOUNDED }, false);
    if (!row) throw new RoomNotFound();
    return row.changes;
  }

  /**
   * The same for many rooms, as far as they fit into one answer; `later` has the ids of the others. A room of which the actor is no member
   * is `gone`.
   * @throws ValidationFailed for more rooms than the setting allows
   */
  async syncRooms(actor: Actor, rooms: Readonly<Record<string, Cursor>>): Promise<SyncView> {
    const cursors = cursorsOf(rooms);
    const { syncRooms } = this.settings.realtime;
    if (cursors.length > syncRooms) throw new ValidationFailed([{ path: 'rooms', message: `must contain at most ${syncRooms} rooms` }]);
    const lags = await this.queries.findLags(actor.userId, cursors);
    const memberOf = new Set(lags.map(({ roomId }) => roomId));
    const readable = this.roomsToRead(lags);
    const toRead = cursors.filter(({ roomId }) => readable.has(roomId));
    const rows = await this.queries.getChanges(actor.userId, toRead, ROOM, true);
    const gone = cursors.filter(
      ({ roomId }) => !memberOf.has(roomId) || (readable.has(roomId) && !rows.some((row) => row.roomId === roomId)),
    );
    const { included, left } = splitByBytes(rows);
    return {
      rooms: Object.fromEntries<SyncView['rooms'][string]>([
        ...gone.map(({ roomId }) => [roomId, { gone: true }] as const),
        ...included.map((row) => [row.roomId, viewOf(row)] as const),
      ]),
      later: [...left.map(({ roomId }) => roomId), ...[...memberOf].filter((roomId) => !readable.has(roomId))],
    };
  }

  /** Returns the heads of the actor's rooms, by room id. @param after `next` of the previous answer */
  async listRoomHeads(actor: Actor, after: string | null = null): Promise<RoomHeadsView> {
    const limit = this.settings.realtime.syncRooms;
    const rooms = await this.heads.listHeadsById(actor.userId, after, limit + 1);
    const shown = rooms.slice(0, limit);
    return { rooms: shown, next: rooms.length > limit ? (shown.at(-1)?.roomId ?? null) : null };
  }

  /** Returns the epoch and the heads of the last active rooms, with which a client starts. */
  async getInitialHeads(actor: Actor): Promise<{ epoch: string; rooms: RoomHeadView[]; more: boolean }> {
    const limit = this.settings.realtime.syncRooms;
    const rooms = await this.heads.listLatestHeads(actor.userId, limit + 1);
    return { epoch: await this.epoch.getEpoch(), rooms: rooms.slice(0, limit), more: rooms.length > limit };
  }

  /** Returns the rooms that one answer reads, in the order asked; at least one. */
  private roomsToRead(lags: readonly CursorLag[]): Set<string> {
    const rooms = new Set<string>();
    let read = 0;
    for (const { roomId, messages, changes } of lags) {
      const resets = messages + changes > this.settings.log.resetAfter;
      read += resets ? 1 : Math.min(messages, ROOM.limit) + Math.min(changes, ROOM.limit);
      if (read > MAX_READ && rooms.size > 0) break;
      rooms.add(roomId);
    }
    return rooms;
  }
}

/** Splits off the rooms that fit into one answer, in the order asked; at least one. */
function splitByBytes(rows: readonly ChangesRow[]): { included: ChangesRow[]; left: ChangesRow[] } {
  let bytes = 0;
  const full = rows.findIndex(({ changes, membership }, index) => {
    bytes += Buffer.byteLength(changes) + Buffer.byteLength(membership ?? '');
    return bytes > ANSWER_BYTES && index > 0;
  });
  return full < 0 ? { included: [...rows], left: [] } : { included: rows.slice(0, full), left: rows.slice(full) };
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
