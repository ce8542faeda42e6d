import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import { UserChanged } from '../../users/users.events.js';
import { UsersService } from '../../users/users.service.js';
import { JsonText } from '../adapter/json-text.js';
import { UserHub } from '../hub/user-hub.service.js';
import { EphemeralAudience } from './ephemeral-audience.queries.js';
import { PresenceWatchers } from './presence-watchers.service.js';

/** Private rooms whose other side hears of it. */
const MOST_ROOMS = 1_000;

/** Tells those near a person what they look like now: who watches them, and who shares a private room. */
@Injectable()
export class ProfileBroadcast implements OnModuleInit {
  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly users: UsersService,
    private readonly audience: EphemeralAudience,
    private readonly userHub: UserHub,
    private readonly watchers: PresenceWatchers,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.events.on(UserChanged, ({ userId }) => this.changed(userId));
    this.watchers.onChange('profile', (userId) => void this.tellWatchers(userId).catch(() => undefined));
  }

  private async changed(userId: string): Promise<void> {
    this.watchers.publishChange(userId, 'profile');
    const body = await this.bodyOf(userId);
    for (const otherId of await this.audience.findPrivatePeers(userId, MOST_ROOMS)) {
      this.userHub.sendToUser(otherId, { event: 'user:updated', my: null, body });
    }
  }

  private async tellWatchers(userId: string): Promise<void> {
    const watching = this.watchers.of(userId);
    if (watching.length === 0) return;
    const body = await this.bodyOf(userId);
    for (const connection of watching) connection.emit('user:updated', body);
  }

  private async bodyOf(userId: string): Promise<JsonText> {
    return JsonText.of({ user: await this.users.getUser(userId) });
  }
}
