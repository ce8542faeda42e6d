import { Injectable } from '@nestjs/common';
import { SessionInvalid } from '../../users/users.errors.js';
import { Settings } from '../../config/settings.js';
import { RoomViews } from '../../rooms/room-views.service.js';
import { SyncService } from '../../sync/sync.service.js';
import { SocketSetupQueries } from './socket-setup.queries.js';
import type { Connection } from './connection.js';
import { JsonText } from '../adapter/json-text.js';
import { limitsOf } from '../wire/wire.view.js';
import { UserHub, type UserConnections } from './user-hub.service.js';
import type { RoomSubscription } from './room-channel.js';
import { RoomHub } from './room-hub.service.js';

const NOTHING = { seq: 0, rev: 0 };

/**
 * How a socket comes to hear its rooms: first it sits everywhere, and what is said is kept for it; then is read how far the rooms are; then
 * it is told, and gets what is newer. So nothing falls between.
 */
@Injectable()
export class SocketSetup {
  constructor(
    private readonly queries: SocketSetupQueries,
    private readonly sync: SyncService,
    private readonly views: RoomViews,
    private readonly hub: RoomHub,
    private readonly userHub: UserHub,
    private readonly settings: Settings,
  ) {}

  /** From the handshake to `ready`. @throws SessionInvalid when the session has ended meanwhile */
  async setUpSocket(connection: Connection): Promise<void> {
    const { userId, sessionId } = connection.actor;
    const user = this.userHub.add(connection);
    const newcomer = await this.queries.readyState(userId, sessionId);
    if (!newcomer) throw new SessionInvalid();
    const subscriptions = await this.takeSeats(connection);
    const start = await this.sync.getInitialHeads(connection.actor);
    if (connection.socket.disconnected) return;
    user.advanceOnReady(newcomer.my);
    connection.sendReady({ ...newcomer, ...start, protocol: this.settings.realtime.protocol, limits: limitsOf(this.settings) });
    const told = new Map(start.rooms.map((room) => [room.roomId, room]));
    for (const subscription of subscriptions) subscription.setPosition(told.get(subscription.channel.id) ?? NOTHING);
  }

  /** A room has come to a person: their sockets sit there, and hear of it as they see it. Belongs into the person's queue. */
  async subscribeUser(user: UserConnections, roomId: string, my: number): Promise<void> {
    const [own] = await this.queries.subscribableRoom(user.userId, roomId);
    if (!own) return;
    const subscriptions = [...user.connections].map((connection) => this.hub.subscribe(connection, roomId, own.visibleFrom));
    await this.open([roomId]);
    const room = (await this.views.getRoomViews(user.userId, [roomId])).get(roomId);
    if (!room) return subscriptions.forEach((subscription) => this.giveUp(subscription));
    user.deliver({ event: 'room:created', my, body: JsonText.of({ room, my }) });
    if (room.teamId)
      await this.tellThin(
        subscriptions.filter(({ connection }) => connection.frames),
        room.lastSeq,
      );
    for (const subscription of subscriptions) subscription.setPosition({ seq: room.lastSeq, rev: room.rev });
  }

  /**
   * A thin client loads no history, and for it a room of two inside a team begins with its first frame: what was said while the room came to
   * be, it is told now.
   */
  private async tellThin(seats: readonly RoomSubscription[], upTo: number): Promise<void> {
    const [first] = seats;
    if (!first) return;
    const { id: roomId, fence } = first.channel;
    const messages = await this.queries.firstMessages(roomId, upTo);
    const body = JsonText.of({ roomId, messages });
    for (const subscription of seats)
      subscription.send({
        roomId,
        event: 'messages:created',
        order: 'seq',
        from: 0,
        to: upTo,
        fence,
        body,
      });
  }

  tearDownSocket(connection: Connection): void {
    for (const roomId of [...connection.roomIds]) {
      const subscription = this.hub.find(roomId)?.subscriptions.get(connection);
      if (subscription) this.hub.unsubscribe(subscription);
    }
    this.userHub.remove(connection);
  }

  private async takeSeats(connection: Connection): Promise<RoomSubscription[]> {
    const own = await this.queries.subscribableRooms(connection.userId);
    if (connection.socket.disconnected) return [];
    const subscriptions = own.map(({ roomId, visibleFrom }) => this.hub.subscribe(connection, roomId, visibleFrom));
    await this.open(own.map(({ roomId }) => roomId));
    return this.keptSeats(connection, subscriptions);
  }

  /** Those that are the person's still: whoever took one away before it was taken here, did not find it. */
  private async keptSeats(connection: Connection, seats: readonly RoomSubscription[]): Promise<RoomSubscription[]> {
    const own = new Map((await this.queries.subscribableRooms(connection.userId)).map(({ roomId, visibleFrom }) => [roomId, visibleFrom]));
    return seats.flatMap((subscription) => {
      const { id } = subscription.channel;
      if (!subscription.isActive) return [];
      const visibleFrom = own.get(id);
      if (visibleFrom === subscription.visibleFrom) return [subscription];
      if (visibleFrom !== undefined) return [this.hub.subscribe(connection, id, visibleFrom)];
      this.hub.unsubscribe(subscription);
      return [];
    });
  }

  /** Begins with the rooms that are new to this process. */
  private async open(roomIds: readonly string[]): Promise<void> {
    const unknown = roomIds.filter((roomId) => this.hub.find(roomId)?.opened === false);
    if (unknown.length === 0) return;
    for (const start of await this.queries.snapshots(unknown)) this.hub.open(start);
  }

  private giveUp(subscription: RoomSubscription): void {
    if (subscription.isActive) this.hub.unsubscribe(subscription);
  }
}
