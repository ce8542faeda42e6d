import type { Settings } from '../config/settings.js';
import { InvalidReaction } from './reactions.errors.js';

export type ReactionMode = Settings['reactions'];

const LIKES = ['like', 'dislike'];
/** Exactly one emoji of the recommended set. @see https://unicode.org/reports/tr51/ */
const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');
/** Variation selectors: they request text or emoji presentation of the character before them. */
const SELECTORS = /[\uFE0E\uFE0F]/gu;
/** A character with text presentation by default, unless a skin tone follows. */
const TEXT_BY_DEFAULT = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;

/**
 * Returns the fully qualified form of an emoji, or null if the text is not exactly one emoji. Keyboards send a heart with or without a
 * selector: both are the same reaction.
 */
export function oneEmoji(text: string): string | null {
  const qualified = text.replace(SELECTORS, '').replace(TEXT_BY_DEFAULT, '$&\uFE0F');
  return EMOJI.test(qualified) ? qualified : null;
}

/** Returns a reaction as it is stored. @throws InvalidReaction when the mode does not allow it */
export function normalizeReaction(mode: ReactionMode, text: string): string {
  switch (mode) {
    case 'like_dislike':
      if (!LIKES.includes(text)) throw new InvalidReaction('The reaction must be `like` or `dislike`.');
      return text;
    case 'emoji': {
      const emoji = oneEmoji(text);
      if (emoji === null) throw new InvalidReaction('The reaction must be one emoji.');
      return emoji;
    }
    case 'text':
      if (text.trim() === '') throw new InvalidReaction('The reaction must not be empty.');
      return text.normalize('NFC');
  }
}

/** Returns the forms in which a reaction may be stored: as given, from another mode of the server, and as this mode normalizes it. */
export function reactionForms(mode: ReactionMode, text: string): string[] {
  const asGiven = text.normalize('NFC');
  try {
    return [...new Set([asGiven, normalizeReaction(mode, text)])];
  } catch (error) {
    if (error instanceof InvalidReaction) return [asGiven];
    throw error;
  }
}

/** Returns the reaction that this one replaces: a user has one of like and dislike. */
export const replacedBy = (mode: ReactionMode, reaction: string): string | null =>
  mode === 'like_dislike' ? (LIKES.find((other) => other !== reaction) ?? null) : null;
