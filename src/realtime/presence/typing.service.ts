import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { Settings } from '../../config/settings.js';
import { Relations } from '../../friends/relations.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { JsonText } from '../adapter/json-text.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { EphemeralAudience } from './ephemeral-audience.queries.js';

/** Others hear at most once in this time that somebody types. */
const AGAIN_MS = 3_000;
/** Who says no more is thought to have stopped. */
const GONE_MS = 6_000;

interface Typist {
  told: number;
  hearers: string[];
  gone: NodeJS.Timeout;
}

/** Who is typing. It takes no number and is kept nowhere: what is lost is lost. */
@Injectable()
export class Typing {
  private readonly typists = new Map<string, Typist>();

  constructor(
    private readonly access: RoomAccess,
    private readonly audience: EphemeralAudience,
    private readonly relations: Relations,
    private readonly hub: RoomHub,
    private readonly settings: Settings,
  ) {}

  /** @throws RoomNotFound, Forbidden: who may not write, does not type */
  async say(actor: Actor, roomId: string, typing: boolean): Promise<void> {
    const grant = await this.access.read(actor, roomId);
    const key = `${roomId} ${actor.userId}`;
    const known = this.typists.get(key);
    if (!typing) return known && this.stop(key, roomId, actor.userId);
    grant.requirePermission('can_create_messages');
    await this.relations.requireMayPostIn(grant);
    if (known && performance.now() - known.told < AGAIN_MS) {
      known.gone.refresh();
      return;
    }
    await this.start(key, roomId, actor.userId);
  }

  private async start(key: string, roomId: string, userId: string): Promise<void> {
    const others = await this.audience.findOtherMembers(roomId, userId, this.settings.realtime.ephemeralMembers);
    const hearers = [...(await this.relations.filterUnblocked(userId, others))];
    const known = this.typists.get(key);
    if (known && performance.now() - known.told < AGAIN_MS) return; // another device was faster
    if (known) clearTimeout(known.gone);
    const gone = setTimeout(() => this.stop(key, roomId, userId), GONE_MS).unref();
    this.typists.set(key, { told: performance.now(), hearers, gone });
    this.tell(roomId, userId, hearers, true);
  }

  private stop(key: string, roomId: string, userId: string): void {
    const typist = this.typists.get(key);
    if (!typist) return;
    clearTimeout(typist.gone);
    this.typists.delete(key);
    this.tell(roomId, userId, typist.hearers, false);
  }

  private tell(roomId: string, userId: string, to: readonly string[], typing: boolean): void {
    this.hub.publishEphemeral({ roomId, event: 'typing', to, body: JsonText.of({ roomId, userId, typing }) });
  }
}
