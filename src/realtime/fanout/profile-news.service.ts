import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ProcessRole } from '../../config/process-role.js';
import { DomainEvents } from '../../events/domain-events.js';
import { UserChanged } from '../../users/users.events.js';
import { UsersService } from '../../users/users.service.js';
import { JsonText } from '../json-text.js';
import { LivePeople } from './live-people.service.js';
import { PassingQueries } from '../presence/passing.queries.js';
import { Watches } from '../presence/watches.service.js';

/** Private rooms whose other side hears of it. */
const MOST_ROOMS = 1_000;

/** Tells those near a person what they look like now: who watches them, and who shares a private room. */
@Injectable()
export class ProfileNews implements OnModuleInit {
  constructor(
    private readonly role: ProcessRole,
    private readonly events: DomainEvents,
    private readonly users: UsersService,
    private readonly queries: PassingQueries,
    private readonly people: LivePeople,
    private readonly watches: Watches,
  ) {}

  onModuleInit(): void {
    if (!this.role.isServer) return;
    this.events.on(UserChanged, ({ userId }) => this.changed(userId));
    this.watches.when('profile', (userId) => void this.tellWatchers(userId).catch(() => undefined));
  }

  private async changed(userId: string): Promise<void> {
    this.watches.announce(userId, 'profile');
    const body = await this.bodyOf(userId);
    for (const otherId of await this.queries.othersInPrivate(userId, MOST_ROOMS)) {
      this.people.tell(otherId, { event: 'user:updated', my: null, body });
    }
  }

  private async tellWatchers(userId: string): Promise<void> {
    const watching = this.watches.of(userId);
    if (watching.length === 0) return;
    const body = await this.bodyOf(userId);
    for (const connection of watching) connection.emit('user:updated', body);
  }

  private async bodyOf(userId: string): Promise<JsonText> {
    return JsonText.of({ user: await this.users.view(userId) });
  }
}
