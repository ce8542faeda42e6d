import type { Cause } from './message.types.js';
import type { MessageView } from './message.view.js';

/** The messages that one commit added to a room: neutral views, ascending by seq. */
export class MessagesPosted {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    readonly messages: readonly MessageView[],
  ) {}
}

/** The messages that one commit changed in a room: current neutral views, and a cause with its own rev for each change. */
export class MessagesChanged {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    readonly causes: readonly Cause[],
    readonly messages: readonly MessageView[],
  ) {}
}
