import { Injectable } from '@nestjs/common';
import { SocketServer } from '../adapter/socket-server.service.js';
import type { Connection } from '../hub/connection.js';

/** What has changed of a watched user. */
export type WatchedChange = 'presence' | 'profile';

/** The connections of this process that watch a user, and hints to all processes that a watched user has changed. */
@Injectable()
export class PresenceWatchers {
  private readonly watchers = new Map<string, Set<Connection>>();
  private readonly watched = new Map<Connection, Set<string>>();
  private readonly handlers = new Map<WatchedChange, (userId: string) => void>();

  constructor(private readonly server: SocketServer) {}

  /** Sets the one handler of a kind of change. */
  onChange(change: WatchedChange, handler: (userId: string) => void): void {
    this.handlers.set(change, handler);
  }

  /** Replaces the users whom the connection watches. */
  setWatched(connection: Connection, userIds: readonly string[]): void {
    const former = this.watched.get(connection) ?? new Set<string>();
    const wanted = new Set(userIds);
    for (const userId of former) if (!wanted.has(userId)) this.unwatch(connection, userId);
    for (const userId of wanted) if (!former.has(userId)) this.watch(connection, userId);
    if (wanted.size > 0) this.watched.set(connection, wanted);
    else this.watched.delete(connection);
  }

  watchersOf(userId: string): Connection[] {
    return [...(this.watchers.get(userId) ?? [])];
  }

  listWatched(): string[] {
    return [...this.watchers.keys()];
  }

  publishChange(userId: string, change: WatchedChange): void {
    this.handlers.get(change)?.(userId);
    this.server.cluster?.publishHint(hintChannel(userId), change);
  }

  private watch(connection: Connection, userId: string): void {
    const known = this.watchers.get(userId);
    if (known) return void known.add(connection);
    this.watchers.set(userId, new Set([connection]));
    this.server.cluster?.subscribeHints(hintChannel(userId), (change) => this.handlers.get(change as WatchedChange)?.(userId));
  }

  private unwatch(connection: Connection, userId: string): void {
    const known = this.watchers.get(userId);
    if (!known?.delete(connection) || known.size > 0) return;
    this.watchers.delete(userId);
    this.server.cluster?.unsubscribeHints(hintChannel(userId));
  }
}

const hintChannel = (userId: string): string => `watch:${userId}`;
