import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Matches, MaxLength, Min } from 'class-validator';
import { IsNotNull, IsText } from '../../../common/validators.js';

export class StartUploadDto {
  @ApiProperty({ minLength: 1, maxLength: 255, example: 'beach.jpg' })
  @IsText(1, 255)
  filename: string;

  @ApiProperty({ description: 'As it will be sent; what is kept follows from the bytes.', maxLength: 200, example: 'image/jpeg' })
  @IsString()
  @MaxLength(200)
  @Matches(/^[a-z]+\/[a-z0-9][a-z0-9.+-]*(\s*;[\x20-\x7e]*)?$/i, { message: 'must be a content type' })
  contentType: string;

  @ApiProperty({ description: 'Bytes, exactly.', minimum: 0, example: 2_048_000 })
  @IsInt()
  @Min(0)
  size: number;

  @ApiPropertyOptional({
    description: 'Hex, of the bytes as sent: others are refused.',
    example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  })
  @IsNotNull()
  @IsString()
  @Matches(/^[0-9a-f]{64}$/i, { message: 'must be 64 hexadecimal digits' })
  sha256?: string;
}
