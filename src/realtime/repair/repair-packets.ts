import type { MessageView } from '../../timeline/message.view.js';
import { JsonText } from '../adapter/json-text.js';
import type { RoomPosition } from '../hub/room-channel.js';
import type { Head, Missed } from './repair.queries.js';
import type { RoomPacket } from '../hub/room-packet.js';

type RepairStep = Pick<RoomPacket, 'event' | 'to'> & { body: object };

/**
 * What was missed, as the events that should have told it. A thing that changed more than once is told in its present state, with its latest
 * rev; the steps between have no other trace.
 */
export function repairPackets(head: Head, from: RoomPosition, messages: readonly MessageView[], changes: readonly Missed[]): RoomPacket[] {
  const { roomId, fence } = head;
  const packets: RoomPacket[] = [];
  const last = messages.at(-1);
  if (last) {
    const body = JsonText.of({ roomId, messages });
    packets.push({ roomId, event: 'messages:created', order: 'seq', from: from.seq, to: last.seq, fence, body });
  }
  let rev = from.rev;
  for (const { event, to, body } of stepsOf(changes)) {
    const text = JsonText.of({ roomId, prevRev: rev, rev: to, ...body });
    packets.push({ roomId, event, order: 'rev', from: rev, to, fence, body: text });
    rev = to;
  }
  return packets;
}

/** Neighbouring changes of messages become one step. */
function stepsOf(changes: readonly Missed[]): RepairStep[] {
  const steps: RepairStep[] = [];
  let messages: Missed[] = [];
  const close = (): void => {
    if (messages.length > 0) steps.push(messagesStep(messages));
    messages = [];
  };
  for (const change of changes) {
    if (change.kind === 'message') {
      messages.push(change);
      continue;
    }
    close();
    steps.push(otherStep(change));
  }
  close();
  return steps;
}

function messagesStep(changes: readonly Missed[]): RepairStep {
  return {
    event: 'messages:updated',
    to: changes.at(-1)?.rev ?? 0,
    body: {
      messages: changes.flatMap(({ message }) => message ?? []),
      // Who did what is not kept: the present state is what counts.
      causes: changes.map(({ rev, entityId, message }) => ({
        rev,
        kind: message?.deletedAt ? 'deleted' : 'edited',
        messageId: entityId,
        userId: null,
      })),
    },
  };
}

function otherStep({ rev, kind, entityId, roomUser, room }: Missed): RepairStep {
  if (kind === 'room') return { event: 'room:updated', to: rev, body: { room } };
  if (!roomUser) return { event: 'room-user:removed', to: rev, body: { userId: entityId } };
  const { joinedRev, ...view } = roomUser;
  return joinedRev === rev
    ? { event: 'room-user:added', to: rev, body: { roomUsers: [view] } }
    : { event: 'room-user:updated', to: rev, body: { roomUser: view } };
}
