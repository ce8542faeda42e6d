import { IntegerField, TimeField } from '../../common/fields.js';

export class CreateInviteDto {
  @IntegerField({
    optional: true,
    nullable: true,
    minimum: 1,
    maximum: 100_000,
    description: 'How many users may join by the invite. Default: no limit.',
    example: 10,
  })
  maxUses?: number | null;
  @TimeField({ optional: true, nullable: true, description: 'When the invite expires. Default: never.', example: '2026-03-08T09:30:00Z' })
  expiresAt?: string | null;
}
