import { isReservedUsername } from '../../users/user.policy.js';
import type { RecordOf, TransferRecord } from './records.js';

/** A contradiction between the fields of a record. */
export interface Contradiction {
  field: string;
  why: string;
}

const contradiction = (field: string, why: string): Contradiction => ({ field, why });

/** Checks what the schema of single fields cannot express. Returns null when the record is consistent. */
export function contradictionIn(record: TransferRecord): Contradiction | null {
  switch (record.record) {
    case 'user':
      return isReservedUsername(record.username) && record.deletedAt === null ? contradiction('username', 'is reserved') : null;
    case 'media':
      return mediaContradiction(record);
    case 'friendship':
      return record.userIds[0] === record.userIds[1] ? contradiction('userIds', 'must be two different users') : null;
    case 'block':
      return record.userId === record.blockedId ? contradiction('blockedId', 'must be another user') : null;
    case 'room':
      return roomContradiction(record);
    case 'message':
      return messageContradiction(record);
    default:
      return null;
  }
}

/** The prefix of the file's keys in the store. */
export const objectPrefix = (mediaId: string): string => `media/${mediaId}/`;

function mediaContradiction({ id, objectKey, thumbnailKey }: RecordOf<'media'>): Contradiction | null {
  const prefix = objectPrefix(id);
  for (const [field, key] of Object.entries({ objectKey, thumbnailKey })) {
    if (key !== null && !(key.startsWith(prefix) && /^[\w.-]+$/.test(key.slice(prefix.length))))
      return contradiction(field, `must be ${prefix} and a name`);
  }
  return null;
}

function roomContradiction({ type, isPublic, teamId, userIds, deletedAt }: RecordOf<'room'>): Contradiction | null {
  const isPrivate = type === 'private_messages';
  if (isPrivate !== (userIds !== null))
    return contradiction('userIds', isPrivate ? 'must name the two members' : 'is allowed in private rooms only');
  if (userIds && userIds[0] === userIds[1]) return contradiction('userIds', 'must be two different users');
  if (teamId !== null && !isPrivate) return contradiction('teamId', 'is allowed in private rooms only');
  if (isPublic && isPrivate) return contradiction('isPublic', 'cannot be true of a private room');
  return deletedAt !== null && type !== 'team'
    ? contradiction('deletedAt', 'is allowed in teams only: no other room is kept after its deletion')
    : null;
}

function messageContradiction(message: RecordOf<'message'>): Contradiction | null {
  const { type, text, system, mediaIds, mentions, deletedAt, replyToId, id } = message;
  if ((type === 'system') !== (system !== null))
    return contradiction('system', type === 'system' ? 'is missing' : 'is allowed in system messages only');
  if (new Set(mediaIds).size < mediaIds.length) return contradiction('mediaIds', 'names a file twice');
  if (new Set(mentions).size < mentions.length) return contradiction('mentions', 'names a user twice');
  if (replyToId === id) return contradiction('replyToId', 'must be another message');
  if (type === 'system' || deletedAt !== null) return emptyMessageContradiction(message);
  if (type === 'text' && (text === null || text.trim() === '')) return contradiction('text', 'is missing');
  if (type !== 'text' && mediaIds.length === 0) return contradiction('mediaIds', `is missing: the type is ${type}`);
  return null;
}

/** Tombstones have no content; the text of a system message is made when it is read. */
function emptyMessageContradiction({ type, text, mediaIds, mentions, mentionsAll }: RecordOf<'message'>): Contradiction | null {
  const kind = type === 'system' ? 'a system message' : 'a deleted message';
  if (text !== null) return contradiction('text', `must be null in ${kind}`);
  if (mediaIds.length > 0) return contradiction('mediaIds', `must be empty in ${kind}`);
  return mentions.length > 0 || mentionsAll ? contradiction('mentions', `must be empty in ${kind}`) : null;
}
