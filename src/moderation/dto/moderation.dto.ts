import { EnumField, TextField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';
import { ROOM_BOUNDS } from '../../room-access/room.types.js';

export class ReportMessageDto {
  @TextField({ minLength: 1, maxLength: ROOM_BOUNDS.reason, example: 'Spam' }) reason: string;
}

export class ResolveReportDto {
  @TextField({ optional: true, nullable: true, maxLength: ROOM_BOUNDS.reason, example: 'Message deleted, author silenced.' })
  note?: string | null;
}

export const REPORT_STATUSES = ['open', 'resolved'] as const;

export class ReportsQuery extends PageQuery {
  @EnumField({ optional: true, enum: REPORT_STATUSES, description: 'Default: all.' }) status?: (typeof REPORT_STATUSES)[number];
}
