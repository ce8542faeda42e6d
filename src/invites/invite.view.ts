import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';

export class InviteView {
  @ApiProperty({ format: 'uuid', example: '0199f3d0-11aa-7bb2-8cc3-9dd4ee5ff601' }) id: string;
  @ApiProperty({ example: 'q3Vd0mJc5o1kYb2nT7xWzA' }) code: string;
  @ApiProperty({ type: Number, nullable: true, description: 'Null: no limit.', example: 10 }) maxUses: number | null;
  @ApiProperty({ example: 0 }) uses: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) expiresAt: string | null;
  @ApiProperty({ format: 'uuid' }) createdBy: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
}

/** SQL: the view of the invite `i`. */
export const INVITE_JSON = `jsonb_build_object('id', i.id, 'code', i.code, 'maxUses', i.max_uses, 'uses', i.uses,
  'expiresAt', ${timeJson('i.expires_at')}, 'createdBy', i.created_by, 'createdAt', ${timeJson('i.created_at')})`;
