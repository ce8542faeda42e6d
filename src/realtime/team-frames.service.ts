import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { PrivateRooms } from '../rooms/private-rooms.service.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import type { TeamFrameEvent } from './dto/client-events.dto.js';

const EVERYBODY = '*';

/** The small dialect of thin clients, into the same send path as everything else. */
@Injectable()
export class TeamFrames {
  constructor(
    private readonly privateRooms: PrivateRooms,
    private readonly writer: MessageWriter,
  ) {}

  /** To a room, or to one member of a team: in the private room of the two inside that team, which is made when there is none. */
  async send(actor: Actor, { channel_id: channelId, to, type, data, id }: TeamFrameEvent): Promise<MessageView> {
    const roomId = to === EVERYBODY ? channelId : await this.privateRoom(actor, channelId, to);
    const content = type === 'text' ? { text: data } : { mediaIds: [data] };
    const { message } = await this.writer.send(actor, { roomId, type, ...content, ...(id && { id }) });
    return message;
  }

  private async privateRoom(actor: Actor, teamId: string, to: string): Promise<string> {
    if (!isId(to)) throw new ValidationFailed([{ path: 'to', message: 'must be * or the UUID of a person' }]);
    const { room } = await this.privateRooms.open(actor, to.toLowerCase(), teamId);
    return room.id;
  }
}
