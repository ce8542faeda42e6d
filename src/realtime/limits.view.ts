import type { Settings } from '../config/settings.js';
import { MAX_PAGE } from '../common/page.js';

/** The bounds that `ready` tells: what a client need not try. Text in code points. */
export const limitsOf = ({ messages, rooms, realtime }: Settings): Record<string, number> => ({
  text: messages.maxTextLength,
  name: 100,
  description: 1_000,
  tags: 20,
  displayName: 64,
  draft: messages.maxTextLength,
  reason: 500,
  media: messages.maxMedia,
  mentions: messages.maxMentions,
  pins: rooms.maxPins,
  page: MAX_PAGE,
  packetBytes: realtime.packetBytes,
  syncRooms: realtime.syncRooms,
});
