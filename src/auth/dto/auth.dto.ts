import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { IsText } from '../../common/validators.js';
import { foldUsername, MAX_DISPLAY_NAME, USERNAME } from '../../users/user.policy.js';

const USERNAME_FORM = 'must be 3 to 32 of a-z 0-9 _ . -';
const folded = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? foldUsername(value) : value);

export class RegisterDto {
  @ApiProperty({
    description: '3 to 32 characters of `a-z 0-9 _ . -`; upper case is converted to lower case.',
    pattern: USERNAME.source,
    example: 'ana',
  })
  @Transform(folded)
  @Matches(USERNAME, { message: USERNAME_FORM })
  username: string;

  @ApiProperty({ description: 'Common passwords are refused.', minLength: 8, maxLength: 128, example: 'correct horse battery' })
  @IsText(8, 128)
  password: string;

  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: MAX_DISPLAY_NAME, example: 'Ana Lima' })
  @IsOptional()
  @IsText(1, MAX_DISPLAY_NAME)
  displayName?: string | null;
}

export class LoginDto {
  @ApiProperty({ maxLength: 32, example: 'ana' })
  @Transform(folded)
  @IsText(1, 32)
  username: string;

  @ApiProperty({ maxLength: 128, example: 'correct horse battery' })
  @IsText(1, 128)
  password: string;
}

export class RefreshDto {
  @ApiProperty({ maxLength: 128, example: 'q3VQmZ1k4bR0S0y1oWJtT0u8p7k0p3q6cJb8yT2Xn4E' })
  @IsText(1, 128)
  refreshToken: string;
}

export class ChangePasswordDto {
  @ApiProperty({ maxLength: 128, example: 'correct horse battery' })
  @IsText(1, 128)
  currentPassword: string;

  @ApiProperty({ description: 'Common passwords are refused.', minLength: 8, maxLength: 128, example: 'a staple of my own' })
  @IsText(8, 128)
  newPassword: string;
}
