import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { Settings } from '../../config/settings.js';
import { Relations } from '../../friends/relations.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { JsonText } from '../adapter/json-text.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { EphemeralAudience } from './ephemeral-audience.queries.js';

/** Other members receive typing at most once in this time. */
const INTERVAL_MS = 3_000;
const EXPIRES_AFTER_MS = 6_000;

interface Typist {
  publishedAt: number;
  recipients: string[];
  expiry: NodeJS.Timeout;
}

/** Who is typing in which room. Nothing is stored; a lost event stays lost. */
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

  /** @throws RoomNotFound; Forbidden for a member who may not post */
  async setTyping(actor: Actor, roomId: string, typing: boolean): Promise<void> {
    const grant = await this.access.read(actor, roomId);
    const { userId } = actor;
    if (!typing) return this.stop(roomId, userId);
    grant.requirePermission('can_create_messages');
    await this.relations.requireMayPostIn(grant);
    const typist = this.recentTypist(roomId, userId);
    if (typist) typist.expiry.refresh();
    else await this.start(roomId, userId);
  }

  private async start(roomId: string, userId: string): Promise<void> {
    const others = await this.audience.findOtherMembers(roomId, userId, this.settings.realtime.ephemeralMembers);
    const recipients = [...(await this.relations.filterUnblocked(userId, others))];
    if (this.recentTypist(roomId, userId)) return; // another device was faster
    clearTimeout(this.typists.get(keyOf(roomId, userId))?.expiry);
    const expiry = setTimeout(() => this.stop(roomId, userId), EXPIRES_AFTER_MS).unref();
    this.typists.set(keyOf(roomId, userId), { publishedAt: performance.now(), recipients, expiry });
    this.publishTyping(roomId, userId, recipients, true);
  }

  private stop(roomId: string, userId: string): void {
    const typist = this.typists.get(keyOf(roomId, userId));
    if (!typist) return;
    clearTimeout(typist.expiry);
    this.typists.delete(keyOf(roomId, userId));
    this.publishTyping(roomId, userId, typist.recipients, false);
  }

  private recentTypist(roomId: string, userId: string): Typist | undefined {
    const typist = this.typists.get(keyOf(roomId, userId));
    return typist && performance.now() - typist.publishedAt < INTERVAL_MS ? typist : undefined;
  }

  private publishTyping(roomId: string, userId: string, to: readonly string[], typing: boolean): void {
    this.hub.publishEphemeral({ roomId, event: 'typing', to, body: JsonText.of({ roomId, userId, typing }) });
  }
}

const keyOf = (roomId: string, userId: string): string => `${roomId} ${userId}`;
