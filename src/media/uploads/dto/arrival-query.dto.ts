import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

export class ArrivalQueryDto {
  @ApiProperty({ description: 'Stands in the `url` of the upload.' })
  @IsString()
  @MaxLength(2_000)
  token: string;
}
