import type { MessageView } from '../../timeline/message.view.js';
import { JsonText } from '../adapter/json-text.js';
import type { RoomPosition } from '../hub/room-channel.js';
import type { RoomPacket } from '../hub/room-packet.js';
import type { LoggedChange, RoomHead } from './repair.queries.js';

type RepairStep = Pick<RoomPacket, 'event' | 'to'> & { body: object };

/**
 * Returns the missed messages and changes as ordinary packets. An entity that changed more than once appears in its present state, with its
 * latest rev: the log keeps no others.
 */
export function repairPackets(
  { roomId, fence }: RoomHead,
  from: RoomPosition,
  messages: readonly MessageView[],
  changes: readonly LoggedChange[],
): RoomPacket[] {
  const packets: RoomPacket[] = [];
  const last = messages.at(-1);
  if (last) {
    const body = JsonText.of({ roomId, messages });
    packets.push({ roomId, event: 'messages:created', order: 'seq', from: from.seq, to: last.seq, fence, body });
  }
  let rev = from.rev;
  for (const { event, to, body } of stepsOf(changes)) {
    packets.push({ roomId, event, order: 'rev', from: rev, to, fence, body: JsonText.of({ roomId, prevRev: rev, rev: to, ...body }) });
    rev = to;
  }
  return packets;
}

/** Returns one step per change; consecutive changes of messages become one. */
function stepsOf(changes: readonly LoggedChange[]): RepairStep[] {
  const steps: RepairStep[] = [];
  let messages: LoggedChange[] = [];
  for (const [index, change] of changes.entries()) {
    if (change.kind !== 'message') steps.push(stepOf(change));
    else messages.push(change);
    if (messages.length > 0 && changes[index + 1]?.kind !== 'message') {
      steps.push(messagesStep(messages));
      messages = [];
    }
  }
  return steps;
}

function messagesStep(changes: readonly LoggedChange[]): RepairStep {
  return {
    event: 'messages:updated',
    to: changes.at(-1)?.rev ?? 0,
    body: {
      messages: changes.flatMap(({ message }) => message ?? []),
      // The log does not keep who changed what.
      causes: changes.map(({ rev, entityId, message }) => ({
        rev,
        kind: message?.deletedAt ? 'deleted' : 'edited',
        messageId: entityId,
        userId: null,
      })),
    },
  };
}

function stepOf({ rev, kind, entityId, roomUser, room }: LoggedChange): RepairStep {
  if (kind === 'room') return { event: 'room:updated', to: rev, body: { room } };
  if (!roomUser) return { event: 'room-user:removed', to: rev, body: { userId: entityId } };
  const { joinedRev, ...view } = roomUser;
  return joinedRev === rev
    ? { event: 'room-user:added', to: rev, body: { roomUsers: [view] } }
    : { event: 'room-user:updated', to: rev, body: { roomUser: view } };
}
