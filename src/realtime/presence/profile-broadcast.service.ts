import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import { UserChanged } from '../../users/users.events.js';
import { UsersService } from '../../users/users.service.js';
import { JsonText } from '../adapter/json-text.js';
import { UserHub } from '../hub/user-hub.service.js';
import { EphemeralAudience } from './ephemeral-audience.queries.js';
import { PresenceWatchers } from './presence-watchers.service.js';

/** Private rooms whose other user receives the change. */
const MAX_ROOMS = 1_000;

/** Sends a changed profile to the watchers of the user and to the other users in their private rooms. */
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
    this.events.on(UserChanged, ({ userId }) => this.sendProfile(userId));
    this.watchers.onChange('profile', (userId) => void this.emitToWatchers(userId).catch(() => undefined));
  }

  private async sendProfile(userId: string): Promise<void> {
    this.watchers.publishChange(userId, 'profile');
    const body = await this.readBody(userId);
    for (const peerId of await this.audience.findPrivatePeers(userId, MAX_ROOMS)) {
      this.userHub.sendToUser(peerId, { event: 'user:updated', my: null, body });
    }
  }

  private async emitToWatchers(userId: string): Promise<void> {
    const watchers = this.watchers.watchersOf(userId);
    if (watchers.length === 0) return;
    const body = await this.readBody(userId);
    for (const connection of watchers) connection.emit('user:updated', body);
  }

  private async readBody(userId: string): Promise<JsonText> {
    return JsonText.of({ user: await this.users.getUser(userId) });
  }
}
