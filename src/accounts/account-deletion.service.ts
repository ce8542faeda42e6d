import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sessions } from '../auth/sessions.service.js';
import { FriendRequestsService } from '../friends/friend-requests.service.js';
import type { JobPayload } from '../jobs/job.types.js';
import { Jobs } from '../jobs/jobs.js';
import { MessageDeletion } from '../messages/message-deletion.service.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import type { MessageKey } from '../timeline/message.repository.js';
import type { DeletedAccountMessages } from './dto/accounts.dto.js';

type Stage = 'rooms' | 'friends' | 'messages' | 'sessions';

interface DeletionStep extends JobPayload {
  readonly userId: string;
  readonly messages: DeletedAccountMessages;
  readonly stage: Stage;
  /** The last room of the stage `rooms`, and the last message of the stage `messages`, that a step has handled. */
  readonly room: string | null;
  readonly message: MessageKey | null;
}

const KIND = 'account:remove';

/** Deletes the memberships, relations, messages and sessions of a deleted account, in idempotent steps of a job. */
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
    this.jobs.handle<DeletionStep>(KIND, (step) => this.runStep(step));
  }

  /** Expects the transaction that deletes the account. */
  enqueueDeletion(userId: string, messages: DeletedAccountMessages): Promise<void> {
    const first: DeletionStep = { userId, messages, stage: 'rooms', room: null, message: null };
    return this.jobs.enqueue(KIND, first, { key: `${KIND}:${userId}` });
  }

  private async runStep(step: DeletionStep): Promise<{ again: DeletionStep } | void> {
    const { userId, stage } = step;
    switch (stage) {
      case 'rooms': {
        const room = await this.accountRooms.leaveAllRooms(userId, step.room);
        return { again: { ...step, stage: room === null ? 'friends' : 'rooms', room } };
      }
      case 'friends': {
        const more = await this.requests.endRelationsStep(userId);
        return { again: { ...step, stage: more ? 'friends' : step.messages === 'erase' ? 'messages' : 'sessions' } };
      }
      case 'messages': {
        const message = await this.messageDeletion.eraseMessagesStep(userId, step.message);
        return { again: { ...step, stage: message === null ? 'sessions' : 'messages', message } };
      }
      case 'sessions':
        return this.sessions.deleteSessions(userId);
    }
  }
}
