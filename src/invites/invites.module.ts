import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomUsersModule } from '../room-users/room-users.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { InviteRedemptionService } from './invite-redemption.service.js';
import { Invite } from './invite.entity.js';
import { InviteRepository } from './invite.repository.js';
import { InviteRedemptionController, InvitesController } from './invites.controller.js';
import { InvitesService } from './invites.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Invite]), RoomAccessModule, RoomUsersModule, RoomsModule],
  controllers: [InvitesController, InviteRedemptionController],
  providers: [InvitesService, InviteRedemptionService, InviteRepository],
})
export class InvitesModule {}
