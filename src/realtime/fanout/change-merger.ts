import type { Cause } from '../../timeline/message.types.js';
import type { MessageView } from '../../timeline/message.view.js';

/** Changes of messages in one room, from `prevRev` to `rev` without a gap. */
export interface MessageChanges {
  roomId: string;
  prevRev: number;
  rev: number;
  fence: number;
  causes: readonly Cause[];
  messages: readonly MessageView[];
}

/** Packets of a room in one second before its changes are merged. */
const UNMERGED_PER_SECOND = 5;
const MERGE_MS = 250;

interface RoomPace {
  second: number;
  sent: number;
  held: MessageChanges | null;
  timer: NodeJS.Timeout | null;
}

/** Sends changes of messages at once, until a room has more than a few in a second; then merges consecutive changes for a quarter of a second. */
export class ChangeMerger {
  /** In the order of their seconds. */
  private readonly paces = new Map<string, RoomPace>();

  constructor(private readonly send: (changes: MessageChanges) => void) {}

  add(changes: MessageChanges): void {
    const pace = this.paceOf(changes.roomId);
    if (pace.held && pace.held.rev !== changes.prevRev) this.flush(changes.roomId);
    if (pace.held) pace.held = merge(pace.held, changes);
    else if (++pace.sent <= UNMERGED_PER_SECOND) this.send(changes);
    else {
      pace.held = changes;
      pace.timer = setTimeout(() => this.flush(changes.roomId), MERGE_MS);
    }
  }

  /** Sends what the room holds, because another change of the room follows. */
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
    this.paces.delete(roomId); // it moves to the end
    this.deleteBefore(second);
    const pace = known?.held ? Object.assign(known, { second, sent: UNMERGED_PER_SECOND }) : { second, sent: 0, held: null, timer: null };
    this.paces.set(roomId, pace);
    return pace;
  }

  private deleteBefore(second: number): void {
    for (const [roomId, pace] of this.paces) {
      if (pace.second >= second) return;
      if (!pace.held) this.paces.delete(roomId);
    }
  }
}

function merge(first: MessageChanges, then: MessageChanges): MessageChanges {
  const latest = new Map([...first.messages, ...then.messages].map((message) => [message.id, message]));
  return { ...then, prevRev: first.prevRev, causes: [...first.causes, ...then.causes], messages: [...latest.values()] };
}

/** Returns the body of `messages:updated`; with nothing but the reactions if all causes are reactions. */
export function updatedBody({ roomId, prevRev, rev, causes, messages }: MessageChanges): object {
  const onlyReactions = causes.every(({ kind }) => kind === 'reaction_added' || kind === 'reaction_removed');
  const entries = onlyReactions ? messages.map(({ id, seq, rev: own, reactions }) => ({ id, seq, rev: own, reactions })) : messages;
  return { roomId, prevRev, rev, messages: entries, causes };
}
