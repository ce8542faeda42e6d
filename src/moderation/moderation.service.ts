import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { ReportsQuery } from './dto/moderation.dto.js';
import { NotReportable, ReportNotFound, ReportResolved } from './moderation.errors.js';
import { ModerationQueries } from './moderation.queries.js';
import type { AuditEntryView, ReportView } from './moderation.view.js';

/** What members report, and what moderators did about it and about all else. */
@Injectable()
export class ModerationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: RoomAccess,
    private readonly log: RoomLog,
    private readonly messageRepository: MessageRepository,
    private readonly queries: ModerationQueries,
  ) {}

  /**
   * Reports a message to those who may delete it. Once a person a message: again gives the first report. Only the reporter and the
   * moderators know. @throws RoomNotFound, MessageNotFound, NotReportable
   */
  reportMessage(actor: Actor, roomId: string, messageId: string, reason: string): Promise<{ report: ReportView; created: boolean }> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      const [known] = await this.transactions.query<{ id: string }>(
        `SELECT id FROM room_reports WHERE room_id = $1 AND message_id = $2 AND reporter_id = $3`,
        [roomId, messageId, actor.userId],
      );
      if (known) return { report: await this.require(grant, known.id), created: false };
      if (message.deletedAt !== null || message.type === 'system') throw new NotReportable();
      const id = newId();
      await this.transactions.query(
        `INSERT INTO room_reports (id, room_id, message_id, reporter_id, reason, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())`,
        [id, roomId, messageId, actor.userId, reason],
      );
      return { report: await this.require(grant, id), created: true };
    });
  }

  /** For who may delete messages; of those that they may see. */
  async listReports(actor: Actor, roomId: string, query: ReportsQuery): Promise<Page<ReportView>> {
    const grant = await this.access.read(actor, roomId);
    grant.requirePermission('can_delete_messages');
    return this.queries.listReports(grant, query);
  }

  /** For who may delete messages; once. @throws ReportNotFound, ReportResolved */
  resolveReport(actor: Actor, roomId: string, id: string, note: string | null): Promise<ReportView> {
    return this.access.change(actor, roomId, 'can_delete_messages', async (grant) => {
      const report = await this.require(grant, id);
      if (report.resolvedAt !== null) throw new ReportResolved();
      await this.transactions.query(
        `UPDATE room_reports SET resolved_by = $3, resolved_at = clock_timestamp(), note = $4 WHERE room_id = $1 AND id = $2`,
        [roomId, id, actor.userId, note],
      );
      await this.log.audit(roomId, {
        actorId: actor.userId,
        action: 'report_resolved',
        messageId: report.messageId,
        detail: { reportId: id },
      });
      return this.require(grant, id);
    });
  }

  /** Every moderating act in the room; for who may remove users. */
  async listAudit(actor: Actor, roomId: string, query: PageQuery): Promise<Page<AuditEntryView>> {
    (await this.access.read(actor, roomId)).requirePermission('can_remove_users');
    return this.queries.listAudit(roomId, query);
  }

  private async require(grant: RoomGrant, id: string): Promise<ReportView> {
    const report = await this.queries.getReport(grant, id);
    if (!report) throw new ReportNotFound();
    return report;
  }
}
