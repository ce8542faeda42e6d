import { Injectable } from '@nestjs/common';
import { Forbidden, type DenialReason } from '../common/domain-error.js';
import type { RoomPermission } from '../common/permissions.js';
import { Settings } from '../config/settings.js';
import { LockTimeout } from '../database/database-errors.js';
import { DirectQueries } from '../database/direct-queries.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { PRESET_BITS } from '../room-access/permission-set.policy.js';
import { SessionInvalid } from '../users/users.errors.js';
import type { SentRow } from './message.view.js';
import type { Pending } from './send-queue.js';
import { MediaNotUsable, MessageConflict, ReplyNotFound } from './timeline.errors.js';

type SendDenial = 'conflict' | 'session_ended' | 'not_found' | 'reply_not_found' | 'media_not_found' | DenialReason;

/** The answer of the send function for one message. */
export interface SendRow extends SentRow {
  outcome: 'sent' | 'same' | 'busy' | SendDenial;
  permission: RoomPermission | null;
  retry_after: number | null;
  fence: number;
}

const CALL = `SELECT * FROM send_messages($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::jsonb[],
  $9::bigint[], $10)`;

/** Calls the database function `send_messages` (send-messages.sql.ts): one round trip for a batch. */
@Injectable()
export class SendFunction {
  constructor(
    private readonly queries: DirectQueries,
    private readonly settings: Settings,
  ) {}

  /** Returns one row for each message, in order. @param wait for rooms whose head another transaction holds, up to the lock timeout */
  callSendMessages(batch: readonly Pending[], wait: boolean): Promise<SendRow[]> {
    const column = <T>(value: (pending: Pending) => T): T[] => batch.map(value);
    return this.queries.executePrepared<SendRow>(
      'send_messages',
      CALL,
      [
        column(({ message }) => message.id),
        column(({ message }) => message.roomId),
        column(({ actor }) => actor.userId),
        column(({ actor }) => actor.sessionId),
        column(({ message }) => message.type),
        column(({ message }) => message.text),
        column(({ hash }) => hash),
        column(({ extras }) => extras && JSON.stringify(extras)),
        PRESET_BITS,
        wait,
      ],
      wait ? this.settings.writer.lockTimeoutMs : 0,
    );
  }
}

/** Returns the error for the outcome of a message that was not sent. */
export function sendErrorOf({ outcome, permission, retry_after: retryAfter }: SendRow): Error {
  switch (outcome) {
    case 'conflict':
      return new MessageConflict();
    case 'session_ended':
      return new SessionInvalid();
    case 'not_found':
      return new RoomNotFound();
    case 'reply_not_found':
      return new ReplyNotFound();
    case 'media_not_found':
      return new MediaNotUsable();
    case 'busy':
      return new LockTimeout();
    case 'sent':
    case 'same':
      return new Error(`outcome ${outcome} is no error`);
    default:
      return new Forbidden(outcome, permission ?? undefined, retryAfter === null ? {} : { retryAfter });
  }
}
