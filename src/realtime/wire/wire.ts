import type { Type } from '@nestjs/common';
import type { RateLimitAction } from '../../limits/limits.types.js';
import { ReadStateView } from '../../room-users/room-user.view.js';
import { RoomHeadsView, SyncView } from '../../sync/changes.view.js';
import { RoomHeadsDto, SyncDto } from '../../sync/dto/sync.dto.js';
import * as request from './client-events.dto.js';
import * as view from './wire.view.js';

/** An event that clients send, and its ack. */
export interface ClientEvent {
  readonly summary: string;
  readonly payload: Type;
  /** Besides `ok: true`. */
  readonly ack: Type;
  readonly budget: RateLimitAction;
  /** No pipe validates the payload, so that nothing is awaited between receiving and queueing it. */
  readonly checkedByHand?: true;
}

/** An event that the server sends. */
export interface ServerEvent {
  readonly summary: string;
  readonly payload: Type;
  /** Which sockets receive it: those in the room, of one user, of one session, one socket, or all of one process. */
  readonly audience: 'room' | 'user' | 'session' | 'socket' | 'process';
}

/** Every event that a client may send. Handlers, documents and tests follow this table. */
export const CLIENT_EVENTS = {
  'message:send': {
    summary:
      'Send a message. The ack follows the commit; messages of one socket to one room are numbered in the order in which they were sent.',
    payload: request.SendMessageEvent,
    ack: view.MessageAck,
    budget: 'send',
    checkedByHand: true,
  },
  'message:edit': { summary: 'Edit the text of a message.', payload: request.EditMessageEvent, ack: view.MessageAck, budget: 'request' },
  'message:delete': {
    summary: 'Delete a message. A tombstone stays.',
    payload: request.MessageEvent,
    ack: view.MessageAck,
    budget: 'request',
  },
  'reaction:add': { summary: 'Add a reaction to a message.', payload: request.ReactionEvent, ack: view.MessageAck, budget: 'request' },
  'reaction:remove': { summary: 'Remove your reaction.', payload: request.ReactionEvent, ack: view.MessageAck, budget: 'request' },
  'room:read': { summary: 'Mark a room as read up to a message.', payload: request.ReadRoomEvent, ack: ReadStateView, budget: 'request' },
  typing: {
    summary: 'Report typing. Other members receive it at most once in 3 s; it expires after 6 s.',
    payload: request.TypingEvent,
    ack: view.EmptyAck,
    budget: 'typing',
  },
  sync: {
    summary: 'Get the changes that you missed in rooms. Ask again for the rooms in `later`.',
    payload: SyncDto,
    ack: SyncView,
    budget: 'request',
  },
  rooms: { summary: 'List the heads of your rooms, ordered by id.', payload: RoomHeadsDto, ack: RoomHeadsView, budget: 'request' },
  'presence:watch': {
    summary: 'Watch the presence of users.',
    payload: request.WatchPresenceEvent,
    ack: view.PresenceAck,
    budget: 'request',
  },
  'auth:refresh': {
    summary: 'Replace the access token of this socket before it expires.',
    payload: request.RefreshAuthEvent,
    ack: view.AuthRefreshAck,
    budget: 'request',
  },
  message: {
    summary: 'Send a team frame to a room, or to one member of a team.',
    payload: request.TeamFrameEvent,
    ack: view.MessageAck,
    budget: 'send',
  },
} as const satisfies Record<string, ClientEvent>;

export type ClientEventName = keyof typeof CLIENT_EVENTS;

export const isClientEvent = (event: unknown): event is ClientEventName => typeof event === 'string' && Object.hasOwn(CLIENT_EVENTS, event);

/** Every event that the server sends. */
export const SERVER_EVENTS = {
  ready: { summary: 'The socket is set up. Always the first event.', payload: view.ReadyView, audience: 'socket' },
  'messages:created': { summary: 'All messages that one commit added to a room.', payload: view.MessagesCreatedView, audience: 'room' },
  'messages:updated': { summary: 'Messages changed.', payload: view.MessagesUpdatedView, audience: 'room' },
  'room:updated': { summary: 'The name or settings of the room changed.', payload: view.RoomUpdatedView, audience: 'room' },
  'room-user:added': { summary: 'Users joined the room or were added.', payload: view.RoomUsersAddedView, audience: 'room' },
  'room-user:updated': {
    summary: 'The role, permissions or silence of a member changed.',
    payload: view.RoomUserUpdatedView,
    audience: 'room',
  },
  'room-user:removed': { summary: 'A user is no longer a member of the room.', payload: view.RoomUserRemovedView, audience: 'room' },
  'room:created': { summary: 'You became a member of a room.', payload: view.RoomCreatedView, audience: 'user' },
  'room:gone': { summary: 'You lost access to the room. No further events of it follow.', payload: view.RoomGoneView, audience: 'user' },
  'membership:updated': { summary: 'Your own membership changed.', payload: view.MembershipUpdatedView, audience: 'user' },
  'me:updated': { summary: 'Your profile, privacy or blocks changed.', payload: view.MeUpdatedView, audience: 'user' },
  'user:updated': {
    summary: 'The profile of a user whom you watch, or with whom you share a private room, changed.',
    payload: view.UserUpdatedView,
    audience: 'user',
  },
  'room:read': { summary: 'A member marked the room as read up to a message.', payload: view.RoomReadView, audience: 'room' },
  typing: { summary: 'A member started or stopped typing.', payload: view.TypingView, audience: 'room' },
  presence: { summary: 'A user whom you watch came online or went offline.', payload: view.PresenceView, audience: 'socket' },
  'friend-request:received': { summary: 'A friend request was sent.', payload: view.FriendRequestEventView, audience: 'user' },
  'friend-request:approved': { summary: 'A friend request was approved.', payload: view.FriendRequestEventView, audience: 'user' },
  'friend-request:rejected': { summary: 'A friend request was rejected.', payload: view.FriendRequestEventView, audience: 'user' },
  'friend-request:cancelled': { summary: 'A friend request was cancelled.', payload: view.FriendRequestEventView, audience: 'user' },
  'friend:removed': { summary: 'A friendship ended.', payload: view.FriendRemovedView, audience: 'user' },
  'session:ended': {
    summary: 'The session ended; the socket closes. Log in again, or refresh the token if `reason` is `expired`.',
    payload: view.SessionEndedView,
    audience: 'session',
  },
  resync: { summary: 'Events were dropped. Send `sync` after a random wait.', payload: view.ResyncView, audience: 'socket' },
  'server:draining': { summary: 'The server is shutting down; reconnect.', payload: view.ServerDrainingView, audience: 'process' },
  message: {
    summary: 'A team frame, in place of `messages:created` if the handshake has `frames: true`.',
    payload: view.TeamFrameView,
    audience: 'room',
  },
} as const satisfies Record<string, ServerEvent>;

export type ServerEventName = keyof typeof SERVER_EVENTS;
