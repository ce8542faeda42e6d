import { People1700000000001 } from './0001-people.js';
import { Rooms1700000000002 } from './0002-rooms.js';
import { Messages1700000000003 } from './0003-messages.js';
import { MediaAndJobs1700000000004 } from './0004-media-and-jobs.js';
import { SendMessages1700000000005 } from './0005-send-messages.js';
import { Search1700000000006 } from './0006-search.js';
import { MediaUpkeep1700000000007 } from './0007-media-upkeep.js';
import { RoomSilences1700000000008 } from './0008-room-silences.js';
import { DeedsOfAPerson1700000000009 } from './0009-account-export-indexes.js';
import { SendMessagesV21700000000010 } from './0010-send-messages-v2.js';

/** All migrations of the database, oldest first. */
export const migrations = [
  People1700000000001,
  Rooms1700000000002,
  Messages1700000000003,
  MediaAndJobs1700000000004,
  SendMessages1700000000005,
  Search1700000000006,
  MediaUpkeep1700000000007,
  RoomSilences1700000000008,
  DeedsOfAPerson1700000000009,
  SendMessagesV21700000000010,
];
