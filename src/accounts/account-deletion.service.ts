import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sessions } from '../auth/sessions.service.js';
import { FriendRequestsService } from '../friends/friend-requests.service.js';
import type { JobPayload } from '../jobs/job.types.js';
import { Jobs } from '../jobs/jobs.js';
import { MessageDeletion } from '../messages/message-deletion.service.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import type { MessageKey } from '../timeline/message.repository.js';
import type { DeletedAccountMessages } from './dto/delete-account.dto.js';

type Stage = 'rooms' | 'friends' | 'messages' | 'sessions';

interface Removal extends JobPayload {
  readonly userId: string;
  readonly messages: DeletedAccountMessages;
  readonly stage: Stage;
  /** Where the stage goes on: past this room, this message. */
  readonly room: string | null;
  readonly message: MessageKey | null;
}

const KIND = 'account:remove';

/** What is left to do once an account is closed, in steps that may be taken twice. */
@Injectable()
export class AccountDeletion implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly accountRooms: AccountRooms,
    private readonly requests: FriendRequestsService,
    private readonly messageDeletion: MessageDeletion,
    private readonly sessions: Sessions,
  ) {}

  onModuleInit(): void {
    this.jobs.handle<Removal>(KIND, (removal) => this.step(removal));
  }

  /** Part of the transaction that closes the account. */
  enqueueDeletion(userId: string, messages: DeletedAccountMessages): Promise<void> {
    const removal: Removal = { userId, messages, stage: 'rooms', room: null, message: null };
    return this.jobs.enqueue(KIND, removal, { key: `${KIND}:${userId}` });
  }

  private async step(removal: Removal): Promise<{ again: Removal } | void> {
    const { userId, stage } = removal;
    switch (stage) {
      case 'rooms': {
        const room = await this.accountRooms.leaveAllRooms(userId, removal.room);
        return { again: { ...removal, stage: room === null ? 'friends' : 'rooms', room } };
      }
      case 'friends': {
        const more = await this.requests.endRelationsStep(userId);
        return { again: { ...removal, stage: more ? 'friends' : removal.messages === 'erase' ? 'messages' : 'sessions' } };
      }
      case 'messages': {
        const message = await this.messageDeletion.eraseMessagesStep(userId, removal.message);
        return { again: { ...removal, stage: message === null ? 'sessions' : 'messages', message } };
      }
      case 'sessions':
        return this.sessions.deleteSessions(userId);
    }
  }
}
