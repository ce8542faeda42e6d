import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

export const MESSAGES_OF_THE_GONE = ['keep', 'erase'] as const;
export type MessagesOfTheGone = (typeof MESSAGES_OF_THE_GONE)[number];

export class RemoveAccountDto {
  @ApiPropertyOptional({
    enum: MESSAGES_OF_THE_GONE,
    default: 'keep',
    description: '`keep`: messages stay, as from a deleted user. `erase`: they become tombstones within the hour.',
  })
  @IsIn(MESSAGES_OF_THE_GONE)
  messages: MessagesOfTheGone = 'keep';
}
