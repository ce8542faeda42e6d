import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { ValidationFailed } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { Semaphore } from '../../common/semaphore.js';
import { Settings } from '../../config/settings.js';
import { PrivateRooms } from '../../rooms/private-rooms.service.js';
import type { MessageView } from '../../timeline/message.view.js';
import { MessageWriter } from '../../timeline/message-writer.service.js';
import { Overloaded } from '../../timeline/timeline.errors.js';
import type { Connection } from '../hub/connection.js';
import type { TeamFrameEvent } from '../wire/client-events.dto.js';

const WHOLE_ROOM = '*';

/** Sends team frames, the small dialect of thin clients, through the send path of all messages. */
@Injectable()
export class TeamFrames {
  /** Direct frames that wait for their private room, one socket at a time. */
  private readonly semaphores = new WeakMap<Connection, Semaphore>();

  constructor(
    private readonly privateRooms: PrivateRooms,
    private readonly writer: MessageWriter,
    private readonly settings: Settings,
  ) {}

  /** Sends to a room, or to a member of a team: in the private room of the two inside that team, which is created if needed. */
  async sendTeamFrame(connection: Connection, { channel_id: channelId, to, type, data, id }: TeamFrameEvent): Promise<MessageView> {
    const { actor } = connection;
    const roomId = to === WHOLE_ROOM ? channelId : await this.runInOrder(connection, () => this.privateRoomId(actor, channelId, to));
    const content = type === 'text' ? { text: data } : { mediaIds: [data] };
    const { message } = await this.writer.sendMessage(actor, { roomId, type, ...content, ...(id && { id }) });
    return message;
  }

  /** Looks rooms up one after the other, so that the frames of a socket are queued in the order sent. @throws Overloaded */
  private async runInOrder<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    const semaphore = this.semaphores.get(connection) ?? new Semaphore(1);
    this.semaphores.set(connection, semaphore);
    if (semaphore.size >= this.settings.writer.queuePerSender) throw new Overloaded();
    return semaphore.run(work);
  }

  private async privateRoomId(actor: Actor, teamId: string, to: string): Promise<string> {
    if (!isId(to)) throw new ValidationFailed([{ path: 'to', message: 'must be * or the UUID of a user' }]);
    const { room } = await this.privateRooms.getOrCreatePrivateRoom(actor, to.toLowerCase(), teamId);
    return room.id;
  }
}
