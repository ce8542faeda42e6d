import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import type { ProcessRole } from './config/process-role.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { EventsModule } from './events/events.module.js';
import { FriendsModule } from './friends/friends.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { MediaModule } from './media/media.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { InvitesModule } from './invites/invites.module.js';
import { ModerationModule } from './moderation/moderation.module.js';
import { loggingModule } from './ops/logging.module.js';
import { OpsModule } from './ops/ops.module.js';
import { ReactionsModule } from './reactions/reactions.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RedisModule } from './redis/redis.module.js';
import { RoomAccessModule } from './room-access/room-access.module.js';
import { RoomUsersModule } from './room-users/room-users.module.js';
import { RoomsModule } from './rooms/rooms.module.js';
import { SearchModule } from './search/search.module.js';
import { StorageModule } from './storage/storage.module.js';
import { SyncModule } from './sync/sync.module.js';
import { TimelineModule } from './timeline/timeline.module.js';
import { UsersModule } from './users/users.module.js';

/** All modules, lowest first. */
@Module({
  imports: [
    // platform
    loggingModule(),
    DatabaseModule,
    EventsModule,
    StorageModule,
    RedisModule,
    LimitsModule,
    JobsModule,
    // users
    UsersModule,
    AuthModule,
    RoomAccessModule,
    FriendsModule,
    MediaModule,
    // rooms and messages
    TimelineModule,
    RoomUsersModule,
    RoomsModule,
    InvitesModule,
    ReactionsModule,
    SearchModule,
    MessagesModule,
    SyncModule,
    ModerationModule,
    AccountsModule,
    // above all modules
    RealtimeModule,
    OpsModule,
  ],
})
export class AppModule {
  static forRoot(settings: Settings, role: ProcessRole): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.forRoot(settings, role)] };
  }
}
