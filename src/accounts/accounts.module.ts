import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountAdminController } from './account-admin.controller.js';
import { AccountLifecycle } from './account-lifecycle.service.js';
import { AccountExport } from './account-export.service.js';
import { AccountDeletion } from './account-deletion.service.js';
import { AccountsController } from './accounts.controller.js';
import { ProfileService } from './profile.service.js';

@Module({
  imports: [UsersModule, AuthModule, FriendsModule, MediaModule, RoomsModule, MessagesModule],
  controllers: [AccountsController, AccountAdminController],
  providers: [ProfileService, AccountLifecycle, AccountDeletion, AccountExport],
})
export class AccountsModule {}
