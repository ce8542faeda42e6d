import { Injectable } from '@nestjs/common';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { ReportsQuery } from './dto/moderation.dto.js';
import { AUDIT_ENTRY_JSON, REPORT_JSON, type AuditEntryView, type ReportView } from './moderation.view.js';

const REPORTS = `FROM room_reports r JOIN users u ON u.id = r.reporter_id LEFT JOIN users s ON s.id = r.resolved_by`;

interface Listed<View> {
  id: string;
  view: View;
}

/** The reads of this module. A list is newest first, by id, and one query. */
@Injectable()
export class ModerationQueries {
  constructor(private readonly transactions: Transactions) {}

  async report(roomId: string, id: string): Promise<ReportView | null> {
    const [row] = await this.transactions.query<{ view: ReportView }>(
      `SELECT ${REPORT_JSON} AS view ${REPORTS} WHERE r.room_id = $1 AND r.id = $2`,
      [roomId, id],
    );
    return row?.view ?? null;
  }

  reports(roomId: string, { status, ...query }: ReportsQuery): Promise<Page<ReportView>> {
    const wanted = { open: 'AND r.resolved_at IS NULL', resolved: 'AND r.resolved_at IS NOT NULL' };
    return this.newestFirst<ReportView>(
      `SELECT r.id, ${REPORT_JSON} AS view ${REPORTS}
       WHERE r.room_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ${status ? wanted[status] : ''} ORDER BY r.id DESC LIMIT $3`,
      roomId,
      query,
    );
  }

  audit(roomId: string, query: PageQuery): Promise<Page<AuditEntryView>> {
    return this.newestFirst<AuditEntryView>(
      `SELECT a.id, ${AUDIT_ENTRY_JSON} AS view
       FROM room_audit a LEFT JOIN users u ON u.id = a.actor_id LEFT JOIN users t ON t.id = a.target_user_id
       WHERE a.room_id = $1 AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3`,
      roomId,
      query,
    );
  }

  private async newestFirst<View>(sql: string, roomId: string, { limit, cursor }: PageQuery): Promise<Page<View>> {
    const [before] = cursor === undefined ? [null] : decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<Listed<View>>(sql, [roomId, before, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.id],
      (row) => row.view,
    );
  }
}
