import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Matches, MaxLength, Min } from 'class-validator';
import { EnumField, IsNotNull, TextField } from '../../common/fields.js';

export class MediaContentQueryDto {
  @EnumField({ optional: true, enum: ['thumbnail'], description: 'A small WebP version of an image.' }) variant?: 'thumbnail';

  @ApiPropertyOptional({ description: 'From `POST /v1/media/ticket`; replaces the token where no header can be sent.' })
  @IsNotNull()
  @IsString()
  @MaxLength(2_000)
  ticket?: string;
}

export class StartUploadDto {
  @TextField({ minLength: 1, maxLength: 255, example: 'beach.jpg' }) filename: string;

  @ApiProperty({
    description: 'The content type with which you will send the bytes. The stored type is detected from the bytes.',
    maxLength: 200,
    example: 'image/jpeg',
  })
  @IsString()
  @MaxLength(200)
  @Matches(/^[a-z]+\/[a-z0-9][a-z0-9.+-]*(\s*;[\x20-\x7e]*)?$/i, { message: 'must be a content type' })
  contentType: string;

  @ApiProperty({ description: 'The exact number of bytes.', minimum: 0, example: 2_048_000 })
  @IsInt()
  @Min(0)
  size: number;

  @ApiPropertyOptional({
    description: 'Hexadecimal, of the bytes that you will send. Other bytes are refused.',
    example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  })
  @IsNotNull()
  @IsString()
  @Matches(/^[0-9a-f]{64}$/i, { message: 'must be 64 hexadecimal digits' })
  sha256?: string;
}

export class PutUploadQueryDto {
  @ApiProperty({ description: 'Part of the `url` of the upload.' })
  @IsString()
  @MaxLength(2_000)
  token: string;
}
