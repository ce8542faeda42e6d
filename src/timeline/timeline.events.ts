import type { Cause } from './message.types.js';
import type { MessageView } from './message.view.js';

/** All that one commit brought to a room. The views are neutral, ascending by seq. */
export class MessagesPosted {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    readonly messages: readonly MessageView[],
  ) {}
}

/** Messages that changed. The views are neutral and current; each cause has taken one rev. */
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
