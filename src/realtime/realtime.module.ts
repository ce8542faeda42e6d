import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { FriendsModule } from '../friends/friends.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { ReactionsModule } from '../reactions/reactions.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomUsersModule } from '../room-users/room-users.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { SyncModule } from '../sync/sync.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { UsersModule } from '../users/users.module.js';
import { SocketSetup } from './hub/socket-setup.service.js';
import { SocketSetupQueries } from './hub/socket-setup.queries.js';
import { Drain } from './inbound/drain.service.js';
import { Handshake } from './inbound/handshake.service.js';
import { EventGuard } from './inbound/event-guard.service.js';
import { UserHub } from './hub/user-hub.service.js';
import { RoomHub } from './hub/room-hub.service.js';
import { MessagesGateway } from './inbound/messages.gateway.js';
import { EphemeralAudience } from './presence/ephemeral-audience.queries.js';
import { UsersGateway } from './inbound/users.gateway.js';
import { UserFanout } from './fanout/user-fanout.service.js';
import { UserRepair } from './repair/user-repair.service.js';
import { Presence } from './presence/presence.service.js';
import { ProfileBroadcast } from './presence/profile-broadcast.service.js';
import { ReadReceipts } from './presence/read-receipts.service.js';
import { RoomRepair } from './repair/room-repair.service.js';
import { RepairQueries } from './repair/repair.queries.js';
import { Revocation } from './fanout/revocation.service.js';
import { RevocationQueries } from './fanout/revocation.queries.js';
import { RoomFanout } from './fanout/room-fanout.service.js';
import { RoomsGateway } from './inbound/rooms.gateway.js';
import { SendHandler } from './inbound/send-handler.service.js';
import { SocketServer } from './adapter/socket-server.service.js';
import { SocketsGateway } from './inbound/sockets.gateway.js';
import { TeamFrames } from './inbound/team-frames.service.js';
import { Typing } from './presence/typing.service.js';
import { PresenceWatchers } from './presence/presence-watchers.service.js';

/** Live delivery over Socket.IO. It subscribes to the domain events of all modules; no module imports it. */
@Module({
  imports: [
    AuthModule,
    UsersModule,
    FriendsModule,
    RoomAccessModule,
    TimelineModule,
    RoomUsersModule,
    RoomsModule,
    ReactionsModule,
    MessagesModule,
    SyncModule,
  ],
  providers: [
    // hub
    ...[SocketServer, RoomHub, UserHub, SocketSetup, SocketSetupQueries],
    // fan-out, presence
    ...[RoomFanout, UserFanout, Revocation, RevocationQueries],
    ...[Presence, PresenceWatchers, ProfileBroadcast, Typing, ReadReceipts, EphemeralAudience],
    // repair
    ...[RoomRepair, UserRepair, RepairQueries],
    // gateway
    ...[Handshake, EventGuard, SendHandler, TeamFrames, Drain, SocketsGateway, MessagesGateway, RoomsGateway, UsersGateway],
  ],
})
export class RealtimeModule {}
