import { ApiProperty } from '@nestjs/swagger';

/** A message in the small dialect of thin clients, as the server says it. */
export class TeamFrameView {
  @ApiProperty({ format: 'uuid', description: 'The room, or the team for a direct message between two of its members.' })
  channel_id: string;
  @ApiProperty({ description: '`*`, or whom a direct message is for.', example: '*' }) to: string;
  @ApiProperty({ enum: ['text', 'image', 'video', 'audio', 'file', 'system'], example: 'text' }) type: string;
  @ApiProperty({ type: String, nullable: true, description: 'The text, or the id of the medium.', example: 'hello' }) data: string | null;
  @ApiProperty({ format: 'date-time' }) ts: string;
  @ApiProperty({ format: 'uuid' }) from: string;
  @ApiProperty({ format: 'uuid', description: 'Of the message.' }) id: string;
  @ApiProperty({ format: 'uuid' }) room_id: string;
  @ApiProperty({ description: 'Counts in `room_id`.', example: 42 }) seq: number;
}

/** What a frame is made of. */
export interface FramedMessage {
  id: string;
  roomId: string;
  seq: number;
  type: string;
  text: string | null;
  user: { id: string };
  media: { id: string; kind: string }[];
  createdAt: string;
}

/** A message as frames: one, or one for each medium. @param team of a private room inside a team */
export function toTeamFrames(
  { id, roomId, seq, type, text, user, media, createdAt }: FramedMessage,
  team: { teamId: string | null; userLow: string | null; userHigh: string | null } | null,
): TeamFrameView[] {
  const from = user.id;
  const other = team?.userLow === from ? team.userHigh : team?.userLow;
  const frame = { channel_id: team?.teamId ?? roomId, to: other ?? '*', ts: createdAt, from, id, room_id: roomId, seq };
  if (media.length === 0) return [{ ...frame, type, data: text }];
  return media.map((medium) => ({ ...frame, type: medium.kind, data: medium.id }));
}
