import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { requireStorable } from '../common/text.js';
import { Settings } from '../config/settings.js';
import { Relations } from '../friends/relations.service.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { Message } from '../timeline/message.entity.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageDeleted, SystemMessageImmutable } from '../timeline/timeline.errors.js';
import type { ReactionsQuery } from './dto/reaction.dto.js';
import { normalizeReaction, reactionForms, replacedBy } from './reaction.policy.js';
import { ReactionRepository } from './reaction.repository.js';
import type { ReactionView } from './reaction.view.js';
import { ReactionNotFound, TooManyReactions } from './reactions.errors.js';
import { ReactionsQueries } from './reactions.queries.js';

export interface ReactionResult {
  reaction: ReactionView;
  /** As the actor sees it now. */
  message: MessageView;
  /** False when the user had reacted with it before. */
  created: boolean;
}

/** Adds, removes and reads reactions. Every write holds the room's head, so that counts and limits are exact under concurrent writes. */
@Injectable()
export class ReactionsService {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly reactionRepository: ReactionRepository,
    private readonly queries: ReactionsQueries,
    private readonly relations: Relations,
    private readonly settings: Settings,
  ) {}

  /**
   * Adds a reaction; the same reaction again changes nothing.
   * @throws InvalidReaction, UnstorableText, RoomNotFound, Forbidden, MessageNotFound, SystemMessageImmutable, MessageDeleted,
   * TooManyReactions
   */
  addReaction(actor: Actor, roomId: string, messageId: string, text: string): Promise<ReactionResult> {
    requireStorable(text, 'reaction');
    const reaction = normalizeReaction(this.settings.reactions, text);
    return this.access.change(actor, roomId, 'can_add_reactions', async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      await this.relations.requireMayPostIn(grant);
      if (message.type === 'system') throw new SystemMessageImmutable();
      if (message.deletedAt !== null) throw new MessageDeleted();
      const { ownId } = await this.reactionRepository.getReactionState({ roomId, messageId, userId: actor.userId, reaction });
      const id = ownId ?? (await this.addNewReaction(grant, actor, message, reaction));
      return {
        reaction: await this.queries.getReaction(grant, messageId, id),
        message: await this.messageRepository.getMessageView(grant, messageId),
        created: ownId === null,
      };
    });
  }

  /**
   * Removes the actor's own reaction, also if it was added under another setting REACTIONS. Without one, nothing changes.
   * @throws UnstorableText, RoomNotFound, Forbidden, MessageNotFound
   */
  removeReaction(actor: Actor, roomId: string, messageId: string, text: string): Promise<MessageView> {
    requireStorable(text, 'reaction');
    const forms = reactionForms(this.settings.reactions, text);
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      return this.removeFirst(grant, actor, message, forms);
    });
  }

  /** The same by its id. @throws ReactionNotFound, Forbidden not_author */
  removeReactionById(actor: Actor, roomId: string, messageId: string, reactionId: string): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      const found = await this.reactionRepository.findReaction(roomId, messageId, reactionId);
      if (!found) throw new ReactionNotFound();
      if (found.userId !== actor.userId) throw new Forbidden('not_author');
      return this.removeFirst(grant, actor, message, [found.reaction]);
    });
  }

  async listReactions(actor: Actor, roomId: string, messageId: string, query: ReactionsQuery): Promise<Page<ReactionView>> {
    const grant = await this.access.read(actor, roomId);
    await this.messageRepository.requireMessage(grant, messageId);
    const forms = query.reaction === undefined ? null : reactionForms(this.settings.reactions, query.reaction);
    return this.queries.listReactions(grant, messageId, forms, query);
  }

  async getReaction(actor: Actor, roomId: string, messageId: string, reactionId: string): Promise<ReactionView> {
    const grant = await this.access.read(actor, roomId);
    await this.messageRepository.requireMessage(grant, messageId);
    return this.queries.getReaction(grant, messageId, reactionId);
  }

  listMyReactions(actor: Actor, query: PageQuery): Promise<Page<ReactionView>> {
    return this.queries.listMyReactions(actor.userId, query);
  }

  private async addNewReaction(grant: RoomGrant, actor: Actor, message: Message, reaction: string): Promise<string> {
    const replaced = replacedBy(this.settings.reactions, reaction);
    if (replaced !== null) await this.removeFirst(grant, actor, message, [replaced]);
    const key = { roomId: message.roomId, messageId: message.id, userId: actor.userId, reaction };
    const { exists, kinds } = await this.reactionRepository.getReactionState(key);
    if (!exists && kinds >= this.settings.messages.maxReactions) throw new TooManyReactions();
    const id = await this.reactionRepository.insertReaction(key);
    await this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'reaction_added', reaction });
    return id;
  }

  /** Removes the first of these reactions that the actor has. Returns the message as the actor sees it. */
  private async removeFirst(grant: RoomGrant, actor: Actor, message: Message, reactions: readonly string[]): Promise<MessageView> {
    for (const reaction of reactions) {
      const key = { roomId: message.roomId, messageId: message.id, userId: actor.userId, reaction };
      if (await this.reactionRepository.deleteReaction(key))
        return this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'reaction_removed', reaction });
    }
    return this.messageRepository.getMessageView(grant, message.id);
  }
}
