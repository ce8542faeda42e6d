import type { Cause } from '../../timeline/message.types.js';
import type { MessageView } from '../../timeline/message.view.js';

/** Changes of messages in one room that follow each other without a hole. */
export interface MessageChanges {
  roomId: string;
  prevRev: number;
  rev: number;
  fence: number;
  causes: readonly Cause[];
  messages: readonly MessageView[];
}

/** Packets a second that a room may have before they are merged. */
const UNMERGED_A_SECOND = 5;
const MERGE_MS = 250;

interface RoomPace {
  second: number;
  sent: number;
  held: MessageChanges | null;
  timer: NodeJS.Timeout | null;
}

/**
 * Lets changes of messages through at once, until a room has more than a few a second: then those that follow each other are told together,
 * a quarter of a second later at most.
 */
export class ChangeMerger {
  private readonly paces = new Map<string, RoomPace>();

  constructor(private readonly send: (changes: MessageChanges) => void) {}

  add(changes: MessageChanges): void {
    const pace = this.paceOf(changes.roomId);
    if (pace.held && pace.held.rev !== changes.prevRev) this.flush(changes.roomId);
    if (pace.held) pace.held = merged(pace.held, changes);
    else if (++pace.sent <= UNMERGED_A_SECOND) this.send(changes);
    else {
      pace.held = changes;
      pace.timer = setTimeout(() => this.flush(changes.roomId), MERGE_MS);
    }
  }

  /** Tells now what is held: another change of the room is to follow it. */
  flush(roomId: string): void {
    const pace = this.paces.get(roomId);
    if (!pace?.held) return;
    const { held } = pace;
    if (pace.timer) clearTimeout(pace.timer);
    pace.held = pace.timer = null;
    this.send(held);
  }

  flushAll(): void {
    for (const roomId of this.paces.keys()) this.flush(roomId);
  }

  private paceOf(roomId: string): RoomPace {
    const second = Math.floor(performance.now() / 1_000);
    const known = this.paces.get(roomId);
    if (known?.second === second) return known;
    // Deleted first: the table is in the order of the seconds.
    this.paces.delete(roomId);
    this.forgetBefore(second);
    const pace = known?.held ? Object.assign(known, { second, sent: UNMERGED_A_SECOND }) : { second, sent: 0, held: null, timer: null };
    this.paces.set(roomId, pace);
    return pace;
  }

  /** Keeps the table small: rooms that were quiet in this second need no pace. */
  private forgetBefore(second: number): void {
    for (const [roomId, pace] of this.paces) {
      if (pace.second >= second) return;
      if (!pace.held) this.paces.delete(roomId);
    }
  }
}

function merged(first: MessageChanges, then: MessageChanges): MessageChanges {
  const latest = new Map([...first.messages, ...then.messages].map((message) => [message.id, message]));
  return { ...then, prevRev: first.prevRev, causes: [...first.causes, ...then.causes], messages: [...latest.values()] };
}

/** What `messages:updated` says: where all causes are reactions, only those. */
export function updatedBody({ roomId, prevRev, rev, causes, messages }: MessageChanges): object {
  const reactionsAlone = causes.every(({ kind }) => kind === 'reaction_added' || kind === 'reaction_removed');
  const entries = reactionsAlone ? messages.map(({ id, seq, rev: own, reactions }) => ({ id, seq, rev: own, reactions })) : messages;
  return { roomId, prevRev, rev, messages: entries, causes };
}
