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
import { reactionForms, normalizeReaction, replacedBy } from './reaction.policy.js';
import { ReactionRepository } from './reaction.repository.js';
import type { ReactionView } from './reaction.view.js';
import { ReactionNotFound, TooManyReactions } from './reactions.errors.js';
import { ReactionsQueries } from './reactions.queries.js';

export interface ReactionResult {
  reaction: ReactionView;
  /** As the actor sees it now. */
  message: MessageView;
  /** False when it stood already. */
  created: boolean;
}

/** Reacting to messages. Every write holds the room's head, so counts and bounds are exact whoever reacts at the same time. */
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
   * Reacts to a message; again, it changes nothing.
   * @throws InvalidReaction, UnstorableText, RoomNotFound, Forbidden, MessageNotFound, SystemMessageImmutable, MessageDeleted,
   * TooManyReactions
   */
  addReaction(actor: Actor, roomId: string, messageId: string, text: string): Promise<ReactionResult> {
    requireStorable(text, 'reaction');
    const reaction = normalizeReaction(this.settings.reactions, text);
    return this.access.change(actor, roomId, 'can_add_reactions', async (grant) => {
      const message = await this.reactable(grant, messageId);
      const state = await this.queries.stateOf(roomId, messageId, actor.userId, reaction);
      const id = state.mine ?? (await this.addNewReaction(grant, actor, message, reaction));
      return {
        reaction: await this.queries.getReaction(grant, messageId, id),
        message: await this.messageRepository.getMessageView(grant, messageId),
        created: state.mine === null,
      };
    });
  }

  /**
   * Takes one's own reaction away, whatever the mode in which it was given; where there is none, nothing happens.
   * @throws UnstorableText, RoomNotFound, Forbidden, MessageNotFound
   */
  removeReaction(actor: Actor, roomId: string, messageId: string, text: string): Promise<MessageView> {
    requireStorable(text, 'reaction');
    const forms = reactionForms(this.settings.reactions, text);
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      return this.takeReaction(grant, actor, message, ...forms);
    });
  }

  /** The same by its id. @throws ReactionNotFound, Forbidden not_author */
  removeReactionById(actor: Actor, roomId: string, messageId: string, reactionId: string): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      const found = await this.reactionRepository.findReaction({ roomId, messageId }, reactionId);
      if (!found) throw new ReactionNotFound();
      if (found.userId !== actor.userId) throw new Forbidden('not_author');
      return this.takeReaction(grant, actor, message, found.reaction);
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

  private async reactable(grant: RoomGrant, messageId: string): Promise<Message> {
    const message = await this.messageRepository.requireMessage(grant, messageId);
    await this.relations.requireMayPostIn(grant);
    if (message.type === 'system') throw new SystemMessageImmutable();
    if (message.deletedAt !== null) throw new MessageDeleted();
    return message;
  }

  private async addNewReaction(grant: RoomGrant, actor: Actor, message: Message, reaction: string): Promise<string> {
    const key = { roomId: message.roomId, messageId: message.id };
    const replaced = replacedBy(this.settings.reactions, reaction);
    if (replaced !== null) await this.takeReaction(grant, actor, message, replaced);
    const { known, kinds } = await this.queries.stateOf(key.roomId, key.messageId, actor.userId, reaction);
    if (!known && kinds >= this.settings.messages.maxReactions) throw new TooManyReactions();
    const id = await this.reactionRepository.insertReaction(key, actor.userId, reaction);
    await this.messageRepository.recordMessageChange(grant, actor, { kind: 'reaction_added', messageId: message.id, reaction });
    return id;
  }

  /** The first of the forms that stands. */
  private async takeReaction(grant: RoomGrant, actor: Actor, message: Message, ...forms: string[]): Promise<MessageView> {
    for (const reaction of forms) {
      const removed = await this.reactionRepository.deleteReaction(
        { roomId: message.roomId, messageId: message.id },
        actor.userId,
        reaction,
      );
      if (removed)
        return this.messageRepository.recordMessageChange(grant, actor, { kind: 'reaction_removed', messageId: message.id, reaction });
    }
    return this.messageRepository.getMessageView(grant, message.id);
  }
}
