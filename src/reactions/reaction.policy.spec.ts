import { describe, expect, it } from '@jest/globals';
import { oneEmoji } from './reaction.policy.js';

describe('one emoji', () => {
  it.each([
    ['a plain one', '👍', '👍'],
    ['with a skin tone', '👍🏽', '👍🏽'],
    ['a heart as keyboards send it', '❤', '❤️'],
    ['the same, qualified', '❤️', '❤️'],
    ['asked to be text', '❤︎', '❤️'],
    ['a family', '👨‍👩‍👧', '👨‍👩‍👧'],
    ['joined, half qualified', '🕵‍♂', '🕵️‍♂️'],
    ['a flag', '🇧🇷', '🇧🇷'],
    ['a flag of tags', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a keycap', '1⃣', '1️⃣'],
    ['a pointing hand with a tone', '☝🏿', '☝🏿'],
    ['two', '👍👍', null],
    ['a letter', 'a', null],
    ['a digit', '1', null],
    ['half a flag', '🇧', null],
    ['words', 'like', null],
    ['one and a blank', '👍 ', null],
    ['one and a joiner', '👍\u200d', null],
    ['nothing', '', null],
  ])('%s', (_, text, expected) => {
    expect(oneEmoji(text)).toBe(expected);
  });
});
