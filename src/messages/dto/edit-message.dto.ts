import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { IsText } from '../../common/validators.js';

const MAX_TEXT = 10_000;

export class EditMessageDto {
  @ApiProperty({
    type: String,
    nullable: true,
    maxLength: MAX_TEXT,
    description: 'Null takes the text of a medium away.',
    example: 'hello!',
  })
  @ValidateIf(({ text }: EditMessageDto) => text !== null)
  @IsText(0, MAX_TEXT)
  text: string | null;
}
