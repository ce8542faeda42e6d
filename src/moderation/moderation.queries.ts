import { Injectable } from '@nestjs/common';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { ReportsQuery } from './dto/moderation.dto.js';
import { AUDIT_ENTRY_JSON, REPORT_JSON, type AuditEntryView, type ReportView } from './moderation.view.js';

const REPORTS = `FROM room_reports r JOIN users u ON u.id = r.reporter_id LEFT JOIN users s ON s.id = r.resolved_by`;

interface ReportRow<View> {
  id: string;
  view: View;
}

/** SQL: the report `r` is not of a message from before what its reader may see. */
const seenFrom = (floor: string): string =>
  `NOT EXISTS (SELECT 1 FROM messages m WHERE m.room_id = r.room_id AND m.id = r.message_id AND m.seq < ${floor})`;

/** The reads of this module. A list is newest first, by id, and one query. */
@Injectable()
export class ModerationQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Null also for one of a message from before what the member may see. */
  async getReport({ room, member }: RoomGrant, id: string): Promise<ReportView | null> {
    const [row] = await this.transactions.query<{ view: ReportView }>(
      `SELECT ${REPORT_JSON} AS view ${REPORTS} WHERE r.room_id = $1 AND r.id = $2 AND ${seenFrom('$3')}`,
      [room.id, id, member.visibleFromSeq],
    );
    return row?.view ?? null;
  }

  listReports({ room, member }: RoomGrant, { status, ...query }: ReportsQuery): Promise<Page<ReportView>> {
    const wanted = { open: 'AND r.resolved_at IS NULL', resolved: 'AND r.resolved_at IS NOT NULL' };
    return this.newestFirst<ReportView>(
      `SELECT r.id, ${REPORT_JSON} AS view ${REPORTS}
       WHERE r.room_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ${status ? wanted[status] : ''} AND ${seenFrom('$4')}
       ORDER BY r.id DESC LIMIT $3`,
      room.id,
      query,
      [member.visibleFromSeq],
    );
  }

  listAudit(roomId: string, query: PageQuery): Promise<Page<AuditEntryView>> {
    return this.newestFirst<AuditEntryView>(
      `SELECT a.id, ${AUDIT_ENTRY_JSON} AS view
       FROM room_audit a LEFT JOIN users u ON u.id = a.actor_id LEFT JOIN users t ON t.id = a.target_user_id
       WHERE a.room_id = $1 AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3`,
      roomId,
      query,
    );
  }

  private async newestFirst<View>(
    sql: string,
    roomId: string,
    { limit, cursor }: PageQuery,
    more: readonly unknown[] = [],
  ): Promise<Page<View>> {
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<ReportRow<View>>(sql, [roomId, before, limit + 1, ...more]);
    return pageOf(
      rows,
      limit,
      (row) => [row.id],
      (row) => row.view,
    );
  }
}
