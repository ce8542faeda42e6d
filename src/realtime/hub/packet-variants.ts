import { JsonText } from '../adapter/json-text.js';
import type { Connection } from './connection.js';
import { EncodedPacket } from './encoded-packet.js';
import { forLateJoiners, type RoomPacket } from './room-packet.js';
import { toTeamFrames, type FramedMessage, type TeamPair } from './team-frame.js';

/**
 * One room packet in its encodings: whole, for late joiners, and as team frames. Each is built once, for the first socket that needs it, never
 * once a member.
 */
export class PacketVariants {
  private whole: EncodedPacket | undefined;
  private late: EncodedPacket | undefined;
  private frames: EncodedPacket[] | undefined;

  /** @param lateFrom returns the first `seq` that all late joiners among the recipients may see */
  constructor(
    private readonly packet: RoomPacket,
    private readonly team: TeamPair | null,
    private readonly lateFrom: () => number,
  ) {}

  sendTo({ connection, isLate }: { readonly connection: Connection; readonly isLate: boolean }): void {
    if (connection.lagging) return;
    const { event, body } = this.packet;
    if (connection.frames && event === 'messages:created') {
      this.frames ??= this.encodeFrames();
      for (const frame of this.frames) frame.writeTo(connection);
    } else if (isLate) (this.late ??= new EncodedPacket(event, forLateJoiners(this.packet, this.lateFrom()))).writeTo(connection);
    else (this.whole ??= new EncodedPacket(event, body)).writeTo(connection);
  }

  private encodeFrames(): EncodedPacket[] {
    const { messages } = this.packet.body.toJSON() as { messages: FramedMessage[] };
    return messages.flatMap((message) => toTeamFrames(message, this.team)).map((frame) => new EncodedPacket('message', JsonText.of(frame)));
  }
}
