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
import { Arrival } from './repair/arrival.service.js';
import { ArrivalQueries } from './repair/arrival.queries.js';
import { Drain } from './drain.service.js';
import { Handshake } from './inbound/handshake.service.js';
import { Inbound } from './inbound/inbound.service.js';
import { LivePeople } from './fanout/live-people.service.js';
import { LiveRooms } from './fanout/live-rooms.service.js';
import { MessagesGateway } from './inbound/messages.gateway.js';
import { NodeBus } from './node-bus.service.js';
import { PassingQueries } from './presence/passing.queries.js';
import { PeopleGateway } from './inbound/people.gateway.js';
import { PersonFanout } from './fanout/person-fanout.service.js';
import { PersonRepair } from './repair/person-repair.service.js';
import { Presence } from './presence/presence.service.js';
import { ProfileNews } from './fanout/profile-news.service.js';
import { Receipts } from './presence/receipts.service.js';
import { Repair } from './repair/repair.service.js';
import { RepairQueries } from './repair/repair.queries.js';
import { Revocation } from './fanout/revocation.service.js';
import { RevocationQueries } from './fanout/revocation.queries.js';
import { RoomFanout } from './fanout/room-fanout.service.js';
import { RoomsGateway } from './inbound/rooms.gateway.js';
import { SendPath } from './inbound/send-path.service.js';
import { SocketServer } from './socket-server.service.js';
import { SocketsGateway } from './inbound/sockets.gateway.js';
import { TeamFrames } from './team-frames.service.js';
import { Typing } from './presence/typing.service.js';
import { Watches } from './presence/watches.service.js';

/** Everything that is said live. It listens to what the other modules tell; none of them knows of it. */
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
    // who is here, and what they have heard
    ...[SocketServer, NodeBus, LiveRooms, LivePeople, Watches],
    // in
    ...[Handshake, Inbound, SendPath, TeamFrames, SocketsGateway, MessagesGateway, RoomsGateway, PeopleGateway],
    // out
    ...[Arrival, RoomFanout, PersonFanout, ProfileNews, Typing, Receipts, Presence],
    // in every case
    ...[Revocation, Repair, PersonRepair, Drain],
    ...[ArrivalQueries, RevocationQueries, RepairQueries, PassingQueries],
  ],
})
export class RealtimeModule {}
