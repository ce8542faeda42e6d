import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { RoomUsersModule } from '../room-users/room-users.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { InviteRedemptionService } from './invite-redemption.service.js';
import { Invite } from './invite.entity.js';
import { InviteRedemptionController, InvitesController } from './invites.controller.js';
import { InvitesQueries } from './invites.queries.js';
import { InvitesService } from './invites.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Invite]), RoomAccessModule, RoomUsersModule, RoomsModule],
  controllers: [InvitesController, InviteRedemptionController],
  providers: [InvitesService, InviteRedemptionService, InvitesQueries],
})
export class InvitesModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'room_invites',
      `DELETE FROM room_invites WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_invites WHERE room_id = $1 ORDER BY id LIMIT $2)) RETURNING 1`,
    );
  }
}
