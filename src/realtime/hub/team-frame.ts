import type { TeamFrameView } from '../wire/wire.view.js';

/** The fields of a message that its frames contain. */
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

/** The team and the two users of a private room inside a team. */
export interface TeamPair {
  teamId: string | null;
  userLow: string | null;
  userHigh: string | null;
}

/** Returns a message as frames: one, or one per medium. @param team of a private room inside a team */
export function toTeamFrames(
  { id, roomId, seq, type, text, user, media, createdAt }: FramedMessage,
  team: TeamPair | null,
): TeamFrameView[] {
  const from = user.id;
  const other = team?.userLow === from ? team.userHigh : team?.userLow;
  const frame = { channel_id: team?.teamId ?? roomId, to: other ?? '*', ts: createdAt, from, id, room_id: roomId, seq };
  if (media.length === 0) return [{ ...frame, type, data: text }];
  return media.map((medium) => ({ ...frame, type: medium.kind, data: medium.id }));
}
