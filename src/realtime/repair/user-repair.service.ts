import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Semaphore } from '../../common/semaphore.js';
import { UsersService } from '../../users/users.service.js';
import { meViewOf } from '../../users/user.view.js';
import { JsonText } from '../adapter/json-text.js';
import { SocketSetupQueries } from '../hub/socket-setup.queries.js';
import { SocketSetup } from '../hub/socket-setup.service.js';
import type { UserConnections } from '../hub/user-connections.js';
import { UserHub } from '../hub/user-hub.service.js';
import { RepairQueries } from './repair.queries.js';

const USERS_PER_QUERY = 1_000;
/** Repairs at a time: a part of the pool, which sends need, too. */
const CONCURRENT_REPAIRS = 2;
/** A packet that is on its way arrives within this time. */
const GRACE_MS = 250;

/**
 * Repairs missed personal changes. A user whose head is past what the sockets were sent, or who was sent changes with a gap, gets the rooms
 * that they miss, and a `me:updated` whose `my` makes clients reload the rest.
 */
@Injectable()
export class UserRepair {
  private readonly inRepair = new Set<UserConnections>();
  private readonly semaphore = new Semaphore(CONCURRENT_REPAIRS);

  constructor(
    private readonly userHub: UserHub,
    private readonly queries: RepairQueries,
    private readonly setupQueries: SocketSetupQueries,
    private readonly setup: SocketSetup,
    private readonly users: UsersService,
  ) {}

  async compareAll(): Promise<void> {
    const behind = new Map<UserConnections, number>();
    for (const users of chunks(this.userHub.listUsers(), USERS_PER_QUERY)) {
      const byId = new Map(users.map((user) => [user.userId, user]));
      for (const { userId, my } of await this.queries.userHeads([...byId.keys()])) {
        const user = byId.get(userId);
        if (user && isReady(user) && isBehind(user, my)) behind.set(user, my);
      }
    }
    if (behind.size === 0) return;
    setTimeout(() => {
      for (const [user, my] of behind) void this.queueRepair(user, my);
    }, GRACE_MS).unref();
  }

  private async queueRepair(user: UserConnections, head: number): Promise<void> {
    if (this.inRepair.has(user)) return;
    this.inRepair.add(user);
    await this.semaphore.run(() => user.queue(() => this.repair(user, head)));
    this.inRepair.delete(user);
  }

  private async repair(user: UserConnections, head: number): Promise<void> {
    if (!isBehind(user, head)) return;
    // Counts as skipped until everything is done: if something fails, the next comparison finds it again.
    user.skipTo(head);
    const { skipped } = user;
    for (const { roomId } of await this.setupQueries.subscribableRooms(user.userId)) {
      // A socket that is not ready subscribes by itself.
      const isMissing = [...user.connections].some(({ ready, roomIds }) => ready && !roomIds.has(roomId));
      if (isMissing) await this.setup.subscribeUser(user, roomId, head);
    }
    const account = await this.users.requireActiveUser(user.userId);
    user.skipped -= skipped;
    const { my } = user;
    user.deliverInOrder({ event: 'me:updated', my, body: JsonText.of({ me: meViewOf(account, my), my }) });
  }
}

const isBehind = (user: UserConnections, my: number): boolean => my > user.my || user.skipped > 0;

const isReady = ({ connections }: UserConnections): boolean => [...connections].some((connection) => connection.ready);
