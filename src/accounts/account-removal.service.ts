import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sessions } from '../auth/sessions.service.js';
import { FriendRequestsService } from '../friends/friend-requests.service.js';
import type { JobPayload } from '../jobs/job.types.js';
import { Jobs } from '../jobs/jobs.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import type { MessagesOfTheGone } from './dto/remove-account.dto.js';

type Stage = 'rooms' | 'friends' | 'sessions';

interface Removal extends JobPayload {
  readonly userId: string;
  readonly messages: MessagesOfTheGone;
  readonly stage: Stage;
  /** Where the stage goes on. */
  readonly place: string | null;
}

const KIND = 'account:remove';

/** What is left to do once an account is closed, in steps that may be taken twice. */
@Injectable()
export class AccountRemoval implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly rooms: AccountRooms,
    private readonly requests: FriendRequestsService,
    private readonly sessions: Sessions,
  ) {}

  onModuleInit(): void {
    this.jobs.handle<Removal>(KIND, (removal) => this.step(removal));
  }

  /** Part of the transaction that closes the account. */
  begin(userId: string, messages: MessagesOfTheGone): Promise<void> {
    return this.jobs.enqueue(KIND, { userId, messages, stage: 'rooms', place: null } satisfies Removal, { key: `${KIND}:${userId}` });
  }

  private async step(removal: Removal): Promise<{ again: Removal } | void> {
    const { userId, stage, place } = removal;
    switch (stage) {
      case 'rooms': {
        const next = await this.rooms.leave(userId, place);
        return { again: { ...removal, stage: next === null ? 'friends' : 'rooms', place: next } };
      }
      case 'friends': {
        const more = await this.requests.estrangeSome(userId);
        return { again: { ...removal, stage: more ? 'friends' : 'sessions' } };
      }
      case 'sessions':
        return this.sessions.forget(userId);
    }
  }
}
