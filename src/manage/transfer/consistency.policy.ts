import { isReservedUsername } from '../../users/user.policy.js';
import type { RecordOf, TransferRecord } from './records.js';

/** What is wrong between the fields of one record. */
export interface Fault {
  field: string;
  why: string;
}

const fault = (field: string, why: string): Fault => ({ field, why });

/** What the form of single fields does not tell; null: nothing. */
export function faultIn(record: TransferRecord): Fault | null {
  switch (record.record) {
    case 'user':
      return isReservedUsername(record.username) && record.deletedAt === null ? fault('username', 'is reserved') : null;
    case 'media':
      return mediaFault(record);
    case 'friendship':
      return record.userIds[0] === record.userIds[1] ? fault('userIds', 'must be two different people') : null;
    case 'block':
      return record.userId === record.blockedId ? fault('blockedId', 'must be somebody else') : null;
    case 'room':
      return roomFault(record);
    case 'message':
      return messageFault(record);
    default:
      return null;
  }
}

/** Where a file of that id lies in a store. */
export const objectPlace = (mediaId: string): string => `media/${mediaId}/`;

function mediaFault({ id, objectKey, thumbnailKey }: RecordOf<'media'>): Fault | null {
  const place = objectPlace(id);
  for (const [field, key] of Object.entries({ objectKey, thumbnailKey })) {
    if (key !== null && !(key.startsWith(place) && /^[\w.-]+$/.test(key.slice(place.length))))
      return fault(field, `must be ${place} and a name`);
  }
  return null;
}

function roomFault({ type, isPublic, teamId, userIds, deletedAt }: RecordOf<'room'>): Fault | null {
  const isPrivate = type === 'private_messages';
  if (isPrivate !== (userIds !== null)) return fault('userIds', isPrivate ? 'must be the two' : 'is of private rooms alone');
  if (userIds && userIds[0] === userIds[1]) return fault('userIds', 'must be two different people');
  if (teamId !== null && !isPrivate) return fault('teamId', 'is of private rooms alone');
  if (isPublic && isPrivate) return fault('isPublic', 'cannot be true of a private room');
  return deletedAt !== null && type !== 'team' ? fault('deletedAt', 'is of teams alone: no other room outlives its end') : null;
}

function messageFault(message: RecordOf<'message'>): Fault | null {
  const { type, text, system, mediaIds, mentions, deletedAt, replyToId, id } = message;
  if ((type === 'system') !== (system !== null)) return fault('system', type === 'system' ? 'is missing' : 'is of system messages alone');
  if (new Set(mediaIds).size < mediaIds.length) return fault('mediaIds', 'names a file twice');
  if (new Set(mentions).size < mentions.length) return fault('mentions', 'names somebody twice');
  if (replyToId === id) return fault('replyToId', 'must be another message');
  if (type === 'system' || deletedAt !== null) return bareFault(message);
  if (type === 'text' && (text === null || text.trim() === '')) return fault('text', 'is missing');
  if (type !== 'text' && mediaIds.length === 0) return fault('mediaIds', `is missing: the type is ${type}`);
  return null;
}

/** A tombstone says nothing; the words of the system are made when read. */
function bareFault({ type, text, mediaIds, mentions, mentionsAll }: RecordOf<'message'>): Fault | null {
  const whose = type === 'system' ? 'a system message' : 'a deleted message';
  if (text !== null) return fault('text', `must be null in ${whose}`);
  if (mediaIds.length > 0) return fault('mediaIds', `must be empty in ${whose}`);
  return mentions.length > 0 || mentionsAll ? fault('mentions', `must be empty in ${whose}`) : null;
}
