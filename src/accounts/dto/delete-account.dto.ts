import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

export const DELETED_ACCOUNT_MESSAGES = ['keep', 'erase'] as const;
export type DeletedAccountMessages = (typeof DELETED_ACCOUNT_MESSAGES)[number];

export class DeleteAccountDto {
  @ApiPropertyOptional({
    enum: DELETED_ACCOUNT_MESSAGES,
    default: 'keep',
    description: '`keep`: messages stay, as from a deleted user. `erase`: they become tombstones within the hour.',
  })
  @IsIn(DELETED_ACCOUNT_MESSAGES)
  messages: DeletedAccountMessages = 'keep';
}
