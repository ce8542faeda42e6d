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

/** The small dialect of thin clients, into the same send path as everything else. */
@Injectable()
export class TeamFrames {
  /** Of the direct frames of each socket on their way to the queue. */
  private readonly turns = new WeakMap<Connection, Semaphore>();

  constructor(
    private readonly privateRooms: PrivateRooms,
    private readonly writer: MessageWriter,
    private readonly settings: Settings,
  ) {}

  /** To a room, or to one member of a team: in the private room of the two inside that team, which is made when there is none. */
  async send(connection: Connection, { channel_id: channelId, to, type, data, id }: TeamFrameEvent): Promise<MessageView> {
    const { actor } = connection;
    const roomId = to === WHOLE_ROOM ? channelId : await this.inTurn(connection, () => this.privateRoom(actor, channelId, to));
    const content = type === 'text' ? { text: data } : { mediaIds: [data] };
    const { message } = await this.writer.sendMessage(actor, { roomId, type, ...content, ...(id && { id }) });
    return message;
  }

  /** Rooms are looked up one after the other, so that a socket's frames reach the queue in the order sent. @throws Overloaded */
  private async inTurn<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    const semaphore = this.turns.get(connection) ?? new Semaphore(1);
    this.turns.set(connection, semaphore);
    if (semaphore.size >= this.settings.writer.queuePerSender) throw new Overloaded();
    return semaphore.run(work);
  }

  private async privateRoom(actor: Actor, teamId: string, to: string): Promise<string> {
    if (!isId(to)) throw new ValidationFailed([{ path: 'to', message: 'must be * or the UUID of a person' }]);
    const { room } = await this.privateRooms.getOrCreatePrivateRoom(actor, to.toLowerCase(), teamId);
    return room.id;
  }
}
