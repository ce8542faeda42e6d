import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { decodeCursor, type Page, type PageQuery, pageOfViews } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { ReportsQuery } from './dto/moderation.dto.js';
import { NotReportable, ReportNotFound, ReportResolved } from './moderation.errors.js';
import { AUDIT_ENTRY_JSON, REPORT_JSON, type AuditEntryView, type ReportView } from './moderation.view.js';
import { RoomReport } from './room-report.entity.js';

interface EntryRow<View> {
  readonly id: string;
  readonly view: View;
}

const REPORTS = `FROM room_reports r JOIN users u ON u.id = r.reporter_id LEFT JOIN users s ON s.id = r.resolved_by`;

/** SQL: whether the message of the report `r` is not older than the member's history. */
const isVisible = (visibleFromSeq: string): string =>
  `NOT EXISTS (SELECT 1 FROM messages m WHERE m.room_id = r.room_id AND m.id = r.message_id AND m.seq < ${visibleFromSeq})`;

const STATUS_CONDITIONS = { open: 'AND r.resolved_at IS NULL', resolved: 'AND r.resolved_at IS NOT NULL' };

/** Reports of messages, and the audit log of a room. */
@Injectable()
export class ModerationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: RoomAccess,
    private readonly log: RoomLog,
    private readonly messageRepository: MessageRepository,
  ) {}

  /**
   * Reports a message to the members who may delete it; no other user learns of the report. Returns the actor's first report of the
   * message if there is one. @throws RoomNotFound, MessageNotFound, NotReportable
   */
  reportMessage(actor: Actor, roomId: string, messageId: string, reason: string): Promise<{ report: ReportView; created: boolean }> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      const key = { roomId, messageId, reporterId: actor.userId };
      const known = await this.transactions.manager.findOneBy(RoomReport, key);
      if (known) return { report: await this.getReport(grant, known.id), created: false };
      if (message.deletedAt !== null || message.type === 'system') throw new NotReportable();
      const id = newId();
      await this.transactions.manager.insert(RoomReport, { ...key, id, reason, createdAt: () => 'clock_timestamp()' });
      return { report: await this.getReport(grant, id), created: true };
    });
  }

  /** Lists the reports of messages that the actor may see, newest first. @throws RoomNotFound, Forbidden */
  async listReports(actor: Actor, roomId: string, { status, limit, cursor }: ReportsQuery): Promise<Page<ReportView>> {
    const grant = await this.access.read(actor, roomId);
    grant.requirePermission('can_delete_messages');
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<EntryRow<ReportView>>(
      `SELECT r.id, ${REPORT_JSON} AS view ${REPORTS}
       WHERE r.room_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ${status ? STATUS_CONDITIONS[status] : ''} AND ${isVisible('$4')}
       ORDER BY r.id DESC LIMIT $3`,
      [roomId, before, limit + 1, grant.member.visibleFromSeq],
    );
    return pageOfViews(rows, limit, (row) => [row.id]);
  }

  /** @throws RoomNotFound, Forbidden, ReportNotFound, ReportResolved */
  resolveReport(actor: Actor, roomId: string, id: string, note: string | null): Promise<ReportView> {
    return this.access.change(actor, roomId, 'can_delete_messages', async (grant) => {
      const { messageId, resolvedAt } = await this.getReport(grant, id);
      if (resolvedAt !== null) throw new ReportResolved();
      const { userId } = actor;
      await this.transactions.manager.update(RoomReport, id, { resolvedBy: userId, resolvedAt: () => 'clock_timestamp()', note });
      await this.log.audit(roomId, { actorId: userId, action: 'report_resolved', messageId, detail: { reportId: id } });
      return this.getReport(grant, id);
    });
  }

  /** Lists every moderation action in the room, newest first. @throws RoomNotFound, Forbidden */
  async listAudit(actor: Actor, roomId: string, { limit, cursor }: PageQuery): Promise<Page<AuditEntryView>> {
    (await this.access.read(actor, roomId)).requirePermission('can_remove_users');
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<EntryRow<AuditEntryView>>(
      `SELECT a.id, ${AUDIT_ENTRY_JSON} AS view
       FROM room_audit a LEFT JOIN users u ON u.id = a.actor_id LEFT JOIN users t ON t.id = a.target_user_id
       WHERE a.room_id = $1 AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3`,
      [roomId, before, limit + 1],
    );
    return pageOfViews(rows, limit, (row) => [row.id]);
  }

  private async getReport({ room, member }: RoomGrant, id: string): Promise<ReportView> {
    const [row] = await this.transactions.query<{ view: ReportView }>(
      `SELECT ${REPORT_JSON} AS view ${REPORTS} WHERE r.room_id = $1 AND r.id = $2 AND ${isVisible('$3')}`,
      [room.id, id, member.visibleFromSeq],
    );
    if (!row) throw new ReportNotFound();
    return row.view;
  }
}
