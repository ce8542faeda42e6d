import type { Settings } from '../config/settings.js';
import { InvalidReaction } from './reactions.errors.js';

export type ReactionMode = Settings['reactions'];

const LIKES = ['like', 'dislike'];
/** One emoji of the recommended set, whole. @see https://unicode.org/reports/tr51/ */
const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');
/** Says "as text" or "as emoji" of the character before it. */
const SELECTORS = /[\uFE0E\uFE0F]/gu;
/** A character that is shown as text unless told otherwise; a skin tone after it tells as much. */
const TEXT_BY_DEFAULT = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;

/**
 * An emoji in its one normal form, fully qualified: keyboards send a heart with or without its selector, and both are the same reaction.
 * Null for anything that is not exactly one emoji.
 */
export function oneEmoji(text: string): string | null {
  const qualified = text.replace(SELECTORS, '').replace(TEXT_BY_DEFAULT, '$&\uFE0F');
  return EMOJI.test(qualified) ? qualified : null;
}

/** The reaction as it is kept. @throws InvalidReaction when the mode does not know it */
export function normalizeReaction(mode: ReactionMode, text: string): string {
  switch (mode) {
    case 'like_dislike':
      if (!LIKES.includes(text)) throw new InvalidReaction('A reaction is `like` or `dislike`.');
      return text;
    case 'emoji': {
      const emoji = oneEmoji(text);
      if (emoji === null) throw new InvalidReaction('A reaction is one emoji.');
      return emoji;
    }
    case 'text':
      if (text.trim() === '') throw new InvalidReaction('A reaction needs text.');
      return text.normalize('NFC');
  }
}

/**
 * The forms under which a reaction that somebody names may stand: word for word, as another mode has taken it before, and as this mode
 * keeps it.
 */
export function reactionForms(mode: ReactionMode, text: string): string[] {
  const asNamed = text.normalize('NFC');
  try {
    return [...new Set([asNamed, normalizeReaction(mode, text)])];
  } catch (error) {
    if (error instanceof InvalidReaction) return [asNamed];
    throw error;
  }
}

/** The reaction that this one takes the place of: one of like and dislike a person. */
export const replacedBy = (mode: ReactionMode, reaction: string): string | null =>
  mode === 'like_dislike' ? (LIKES.find((other) => other !== reaction) ?? null) : null;
