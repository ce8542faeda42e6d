import { Injectable } from '@nestjs/common';
import type { Connection } from '../hub/connection.js';
import { SocketServer } from '../adapter/socket-server.service.js';

/** What is to be looked at again of somebody who is watched. */
export type News = 'presence' | 'profile';

/** Who watches whom, in this process; and the word to all processes that there is something new of somebody. */
@Injectable()
export class PresenceWatchers {
  private readonly watchers = new Map<string, Set<Connection>>();
  private readonly watched = new Map<Connection, Set<string>>();
  private readonly handlers = new Map<News, (userId: string) => void>();

  constructor(private readonly server: SocketServer) {}

  /** One handler for each kind of news. */
  onChange(news: News, handler: (userId: string) => void): void {
    this.handlers.set(news, handler);
  }

  /** These people take the place of those whom the socket watched before. */
  set(connection: Connection, userIds: readonly string[]): void {
    const former = this.watched.get(connection) ?? new Set<string>();
    const wanted = new Set(userIds);
    for (const userId of former) if (!wanted.has(userId)) this.drop(connection, userId);
    for (const userId of wanted) if (!former.has(userId)) this.add(connection, userId);
    if (wanted.size > 0) this.watched.set(connection, wanted);
    else this.watched.delete(connection);
  }

  of(userId: string): Connection[] {
    return [...(this.watchers.get(userId) ?? [])];
  }

  everybodyWatched(): string[] {
    return [...this.watchers.keys()];
  }

  publishChange(userId: string, news: News): void {
    this.handlers.get(news)?.(userId);
    this.server.cluster?.publishHint(channelOf(userId), news);
  }

  private add(connection: Connection, userId: string): void {
    const known = this.watchers.get(userId);
    if (known) return void known.add(connection);
    this.watchers.set(userId, new Set([connection]));
    this.server.cluster?.subscribeHints(channelOf(userId), (news) => this.handlers.get(news as News)?.(userId));
  }

  private drop(connection: Connection, userId: string): void {
    const known = this.watchers.get(userId);
    if (!known?.delete(connection) || known.size > 0) return;
    this.watchers.delete(userId);
    this.server.cluster?.unsubscribeHints(channelOf(userId));
  }
}

const channelOf = (userId: string): string => `watch:${userId}`;
