import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsText } from '../../common/validators.js';
import { ROOM_BOUNDS } from '../../room-access/room.types.js';

export class ReportMessageDto {
  @ApiProperty({ minLength: 1, maxLength: ROOM_BOUNDS.reason, example: 'Spam' })
  @IsText(1, ROOM_BOUNDS.reason)
  reason: string;
}

export class ResolveReportDto {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: ROOM_BOUNDS.reason, example: 'Message deleted, author silenced.' })
  @IsOptional()
  @IsText(0, ROOM_BOUNDS.reason)
  note?: string | null;
}

export const REPORT_STATUSES = ['open', 'resolved'] as const;

export class ReportsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: REPORT_STATUSES, description: 'Default: all.' })
  @IsOptional()
  @IsIn(REPORT_STATUSES)
  status?: (typeof REPORT_STATUSES)[number];
}
