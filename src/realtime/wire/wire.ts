import type { Type } from '@nestjs/common';
import type { RateLimitAction } from '../../limits/limits.types.js';
import { ReadStateView } from '../../room-users/room-user.view.js';
import { RoomHeadsView, SyncView } from '../../sync/changes.view.js';
import { RoomHeadsDto, SyncDto } from '../../sync/dto/sync.dto.js';
import {
  EditMessageEvent,
  MessageEvent,
  ReactionEvent,
  ReadRoomEvent,
  RefreshAuthEvent,
  SendMessageEvent,
  TeamFrameEvent,
  TypingEvent,
  WatchPresenceEvent,
} from './client-events.dto.js';
import * as said from './wire.view.js';

/** Something that a client may say, and what it is answered. */
export interface ClientEvent {
  readonly summary: string;
  readonly payload: Type;
  /** Beside `ok: true`. */
  readonly ack: Type;
  readonly budget: RateLimitAction;
  /** It has a check of its own, so that nothing stands between it and the queue. */
  readonly checkedByHand?: true;
}

/** Something that the server says. */
export interface ServerEvent {
  readonly summary: string;
  readonly payload: Type;
  /** Who hears it: the sockets in a room, all of a person's, all of a session's, or all of a process. */
  readonly audience: 'room' | 'person' | 'session' | 'socket' | 'everybody';
}

/** Every event that a client may send. Handlers, documents and tests follow this table. */
export const CLIENT_EVENTS = {
  'message:send': {
    summary: 'Sends a message; answered after the commit. Sends of one socket to one room are numbered in the order sent.',
    payload: SendMessageEvent,
    ack: said.MessageAck,
    budget: 'send',
    checkedByHand: true,
  },
  'message:edit': { summary: 'Gives a message another text.', payload: EditMessageEvent, ack: said.MessageAck, budget: 'request' },
  'message:delete': { summary: 'Makes a tombstone of a message.', payload: MessageEvent, ack: said.MessageAck, budget: 'request' },
  'reaction:add': { summary: 'Reacts to a message.', payload: ReactionEvent, ack: said.MessageAck, budget: 'request' },
  'reaction:remove': { summary: "Takes one's reaction away.", payload: ReactionEvent, ack: said.MessageAck, budget: 'request' },
  'room:read': { summary: 'Marks a room as read up to a message.', payload: ReadRoomEvent, ack: ReadStateView, budget: 'request' },
  typing: {
    summary: 'Tells that one types: others hear it at most once in 3 s, and it is gone after 6 s.',
    payload: TypingEvent,
    ack: said.EmptyAck,
    budget: 'typing',
  },
  sync: { summary: 'Asks what was missed in rooms; again for those in `later`.', payload: SyncDto, ack: SyncView, budget: 'request' },
  rooms: { summary: "Reads the heads of all one's rooms, by id.", payload: RoomHeadsDto, ack: RoomHeadsView, budget: 'request' },
  'presence:watch': {
    summary: 'Says whose presence one wants to follow.',
    payload: WatchPresenceEvent,
    ack: said.PresenceAck,
    budget: 'request',
  },
  'auth:refresh': {
    summary: 'Brings a newer token of the same session before the old one expires.',
    payload: RefreshAuthEvent,
    ack: said.AuthRefreshAck,
    budget: 'request',
  },
  message: {
    summary: 'A team frame: sends to a room, or to one member of a team.',
    payload: TeamFrameEvent,
    ack: said.MessageAck,
    budget: 'send',
  },
} as const satisfies Record<string, ClientEvent>;

export type ClientEventName = keyof typeof CLIENT_EVENTS;

export const isClientEvent = (event: unknown): event is ClientEventName => typeof event === 'string' && Object.hasOwn(CLIENT_EVENTS, event);

/** Every event that the server sends. */
export const SERVER_EVENTS = {
  ready: { summary: 'The first event of a socket.', payload: said.ReadyView, audience: 'socket' },
  'messages:created': { summary: 'All that one commit brought to a room.', payload: said.MessagesCreatedView, audience: 'room' },
  'messages:updated': { summary: 'Messages changed.', payload: said.MessagesUpdatedView, audience: 'room' },
  'room:updated': { summary: 'How a room is called or set changed.', payload: said.RoomUpdatedView, audience: 'room' },
  'room-user:added': { summary: 'People came into a room.', payload: said.RoomUsersAddedView, audience: 'room' },
  'room-user:updated': { summary: 'Role, permissions or silence changed.', payload: said.RoomUserUpdatedView, audience: 'room' },
  'room-user:removed': { summary: 'Somebody is in a room no more.', payload: said.RoomUserRemovedView, audience: 'room' },
  'room:created': { summary: 'A room came to the person.', payload: said.RoomCreatedView, audience: 'person' },
  'room:gone': { summary: 'The last word of a room to who loses it.', payload: said.RoomGoneView, audience: 'person' },
  'membership:updated': { summary: "The person's own seat changed.", payload: said.MembershipUpdatedView, audience: 'person' },
  'me:updated': { summary: "The person's profile, privacy or blocks changed.", payload: said.MeUpdatedView, audience: 'person' },
  'user:updated': { summary: 'Somebody near the person changed.', payload: said.UserUpdatedView, audience: 'person' },
  'room:read': { summary: 'Somebody has read.', payload: said.RoomReadView, audience: 'room' },
  typing: { summary: 'Somebody types, or stopped.', payload: said.TypingView, audience: 'room' },
  presence: { summary: 'Somebody watched came or went.', payload: said.PresenceView, audience: 'socket' },
  'friend-request:received': { summary: 'A request was made.', payload: said.FriendRequestEventView, audience: 'person' },
  'friend-request:approved': { summary: 'The two are friends.', payload: said.FriendRequestEventView, audience: 'person' },
  'friend-request:rejected': { summary: 'A request was rejected.', payload: said.FriendRequestEventView, audience: 'person' },
  'friend-request:cancelled': { summary: 'A request was taken back.', payload: said.FriendRequestEventView, audience: 'person' },
  'friend:removed': { summary: 'The two are friends no more.', payload: said.FriendRemovedView, audience: 'person' },
  'session:ended': {
    summary: 'Log in again, or refresh if it expired; the socket is closed.',
    payload: said.SessionEndedView,
    audience: 'session',
  },
  resync: { summary: 'Something was dropped: `sync`, after a random wait.', payload: said.ResyncView, audience: 'socket' },
  'server:draining': { summary: 'The server ends: connect again.', payload: said.ServerDrainingView, audience: 'everybody' },
  message: { summary: 'A team frame, in place of `messages:created`.', payload: said.TeamFrameView, audience: 'room' },
} as const satisfies Record<string, ServerEvent>;

export type ServerEventName = keyof typeof SERVER_EVENTS;
