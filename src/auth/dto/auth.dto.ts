import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { TextField } from '../../common/fields.js';
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

  @TextField({ description: 'Common passwords are refused.', minLength: 8, maxLength: 128, example: 'correct horse battery' })
  password: string;
  @TextField({ optional: true, nullable: true, minLength: 1, maxLength: MAX_DISPLAY_NAME, example: 'Ana Lima' })
  displayName?: string | null;
}

export class LoginDto {
  @Transform(folded)
  @TextField({ notEmpty: true, maxLength: 32, example: 'ana' })
  username: string;

  @TextField({ notEmpty: true, maxLength: 128, example: 'correct horse battery' }) password: string;
}

export class RefreshDto {
  @TextField({ notEmpty: true, maxLength: 128, example: 'q3VQmZ1k4bR0S0y1oWJtT0u8p7k0p3q6cJb8yT2Xn4E' }) refreshToken: string;
}

export class ChangePasswordDto {
  @TextField({ notEmpty: true, maxLength: 128, example: 'correct horse battery' }) currentPassword: string;
  @TextField({ description: 'Common passwords are refused.', minLength: 8, maxLength: 128, example: 'a staple of my own' })
  newPassword: string;
}
