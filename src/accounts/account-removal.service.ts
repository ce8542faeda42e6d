import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sessions } from '../auth/sessions.service.js';
import { FriendRequestsService } from '../friends/friend-requests.service.js';
import type { JobPayload } from '../jobs/job.types.js';
import { Jobs } from '../jobs/jobs.js';
import { MessageErasure } from '../messages/changing/message-erasure.service.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import type { MessageKey } from '../timeline/message-rows.service.js';
import type { MessagesOfTheGone } from './dto/remove-account.dto.js';

type Stage = 'rooms' | 'friends' | 'messages' | 'sessions';

interface Removal extends JobPayload {
  readonly userId: string;
  readonly messages: MessagesOfTheGone;
  readonly stage: Stage;
  /** Where the stage goes on: past this room, this message. */
  readonly room: string | null;
  readonly message: MessageKey | null;
}

const KIND = 'account:remove';

/** What is left to do once an account is closed, in steps that may be taken twice. */
@Injectable()
export class AccountRemoval implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly rooms: AccountRooms,
    private readonly requests: FriendRequestsService,
    private readonly erasure: MessageErasure,
    private readonly sessions: Sessions,
  ) {}

  onModuleInit(): void {
    this.jobs.handle<Removal>(KIND, (removal) => this.step(removal));
  }

  /** Part of the transaction that closes the account. */
  begin(userId: string, messages: MessagesOfTheGone): Promise<void> {
    const removal: Removal = { userId, messages, stage: 'rooms', room: null, message: null };
    return this.jobs.enqueue(KIND, removal, { key: `${KIND}:${userId}` });
  }

  private async step(removal: Removal): Promise<{ again: Removal } | void> {
    const { userId, stage } = removal;
    switch (stage) {
      case 'rooms': {
        const room = await this.rooms.leave(userId, removal.room);
        return { again: { ...removal, stage: room === null ? 'friends' : 'rooms', room } };
      }
      case 'friends': {
        const more = await this.requests.estrangeSome(userId);
        return { again: { ...removal, stage: more ? 'friends' : removal.messages === 'erase' ? 'messages' : 'sessions' } };
      }
      case 'messages': {
        const message = await this.erasure.eraseSome(userId, removal.message);
        return { again: { ...removal, stage: message === null ? 'sessions' : 'messages', message } };
      }
      case 'sessions':
        return this.sessions.forget(userId);
    }
  }
}
