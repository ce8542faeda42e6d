import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { RoomViews } from '../../rooms/room-views.service.js';
import { SyncService } from '../../sync/sync.service.js';
import { SessionInvalid } from '../../users/users.errors.js';
import { JsonText } from '../adapter/json-text.js';
import { limitsOf } from '../wire/wire.view.js';
import type { Connection } from './connection.js';
import type { RoomSubscription } from './room-channel.js';
import { RoomHub } from './room-hub.service.js';
import { SocketSetupQueries } from './socket-setup.queries.js';
import type { UserConnections } from './user-connections.js';
import { UserHub } from './user-hub.service.js';

const START = { seq: 0, rev: 0 };

/**
 * Sets up new sockets, and all sockets of a user in a new room. A socket is subscribed first, and packets are buffered for it; then the
 * positions of its rooms are read and sent, and the buffered packets that are newer follow. So it misses none.
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

  /** From the handshake to `ready`. @throws SessionInvalid if the session has ended meanwhile */
  async setUpSocket(connection: Connection): Promise<void> {
    const { userId, sessionId } = connection.actor;
    const user = this.userHub.addConnection(connection);
    const state = await this.queries.readyState(userId, sessionId);
    if (!state) throw new SessionInvalid();
    const subscriptions = await this.subscribeToRooms(connection);
    const start = await this.sync.getInitialHeads(connection.actor);
    if (connection.socket.disconnected) return;
    user.advanceOnReady(state.my);
    connection.sendReady({ ...state, ...start, protocol: this.settings.realtime.protocol, limits: limitsOf(this.settings) });
    const positions = new Map(start.rooms.map((room) => [room.roomId, room]));
    for (const subscription of subscriptions) subscription.setPosition(positions.get(subscription.channel.id) ?? START);
  }

  tearDownSocket(connection: Connection): void {
    this.hub.unsubscribeAll(connection);
    this.userHub.removeConnection(connection);
  }

  /** Subscribes all sockets of a user to a room that is new to the user, and sends them `room:created`. Expects a task of the user's queue. */
  async subscribeUser(user: UserConnections, roomId: string, my: number): Promise<void> {
    const own = await this.queries.subscribableRoom(user.userId, roomId);
    if (!own) return;
    const subscriptions = [...user.connections].map((connection) => this.hub.subscribe(connection, roomId, own.visibleFrom));
    await this.openChannels([roomId]);
    const room = (await this.views.getRoomViews(user.userId, [roomId])).get(roomId);
    if (!room) return subscriptions.forEach((subscription) => this.hub.unsubscribe(subscription));
    user.deliverInOrder({ event: 'room:created', my, body: JsonText.of({ room, my }) });
    if (room.teamId) await this.sendFirstFrames(subscriptions, room.lastSeq);
    for (const subscription of subscriptions) subscription.setPosition({ seq: room.lastSeq, rev: room.rev });
  }

  /**
   * Sends the messages that a private room inside a team has already. A thin client loads no history: for it the room begins with the first
   * frame.
   */
  private async sendFirstFrames(subscriptions: readonly RoomSubscription[], to: number): Promise<void> {
    const thin = subscriptions.filter(({ connection }) => connection.frames);
    const [first] = thin;
    if (!first) return;
    const { id: roomId, fence } = first.channel;
    const body = JsonText.of({ roomId, messages: await this.queries.firstMessages(roomId, to) });
    for (const subscription of thin) subscription.send({ roomId, event: 'messages:created', order: 'seq', from: 0, to, fence, body });
  }

  private async subscribeToRooms(connection: Connection): Promise<RoomSubscription[]> {
    const rooms = await this.queries.subscribableRooms(connection.userId);
    if (connection.socket.disconnected) return [];
    const subscriptions = rooms.map(({ roomId, visibleFrom }) => this.hub.subscribe(connection, roomId, visibleFrom));
    await this.openChannels(rooms.map(({ roomId }) => roomId));
    return this.checkAgain(connection, subscriptions);
  }

  /** Ends or replaces subscriptions whose membership was lost meanwhile: a revocation before the subscription could not end it. */
  private async checkAgain(connection: Connection, subscriptions: readonly RoomSubscription[]): Promise<RoomSubscription[]> {
    const rooms = new Map(
      (await this.queries.subscribableRooms(connection.userId)).map(({ roomId, visibleFrom }) => [roomId, visibleFrom]),
    );
    return subscriptions.flatMap((subscription) => {
      const { id } = subscription.channel;
      const visibleFrom = rooms.get(id);
      if (!subscription.isActive) return [];
      if (visibleFrom === subscription.visibleFrom) return [subscription];
      if (visibleFrom !== undefined) return [this.hub.subscribe(connection, id, visibleFrom)];
      this.hub.unsubscribe(subscription);
      return [];
    });
  }

  /** Starts the delivery of rooms that are new to this process. */
  private async openChannels(roomIds: readonly string[]): Promise<void> {
    const closed = roomIds.filter((roomId) => this.hub.findChannel(roomId)?.opened === false);
    if (closed.length === 0) return;
    for (const snapshot of await this.queries.snapshots(closed)) this.hub.open(snapshot);
  }
}
