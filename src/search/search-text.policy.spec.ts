import { describe, expect, it } from '@jest/globals';
import { normalise, termsOf, tsqueryOf, vectorOf } from './search-text.policy.js';

describe('folding', () => {
  it.each([
    ['case and accents', 'CRÈME Brûlée', 'creme brulee'],
    ['what composes to the same', 'caf\u0065\u0301', 'cafe'],
    ['sharp s and ligatures', 'Straße ﬁn', 'strasse fin'],
    ['letters with a stroke', 'Łódź Ø ĐÆ', 'lodz o dae'],
    ['Turkish i', 'İstanbul ılık', 'istanbul ilik'],
    ['Greek, with its final sigma', 'ΟΔΌΣ οδός', 'οδοσ οδοσ'],
    ['Cyrillic', 'Ёлка ЙОД', 'елка иод'],
    ['Arabic vowels and elongation', 'مُحَمَّد ســلام', 'محمد سلام'],
    ['Hebrew points', 'שָׁלוֹם', 'שלום'],
    ['full width and half width', 'ＡＢＣ ｱｲｳ', 'abc アイウ'],
    ['but not the marks that make another letter', 'がか', 'がか'],
    ['nor those of Indic scripts', 'नमस्ते', 'नमस्ते'],
    ['Hangul, composed or not', '한글'.normalize('NFD'), '한글'],
    ['selectors and joiners of emoji', '❤️ 👨‍👩‍👧', '❤ 👨👩👧'],
    ['blanks of all kinds', ' a\n\tb\u00a0\u3000c ', 'a b c'],
  ])('%s', (_, text, expected) => {
    expect(normalise(text)).toBe(expected);
    expect(normalise(normalise(text))).toBe(expected);
  });

  it('builds an entry that contains every part of each word', () => {
    const entry = vectorOf("ab'c\\ 日本", { roomId: 'r', userId: 'u', hasMedia: false });
    expect(entry).toBe(`' rr' ' uu' 'ab''' 'b''c' '''c\\\\' 'c\\\\' '\\\\' '日本' '本'`);
    expect(tsqueryOf(['ab', '日本語x', 'cde'], { hasMedia: true })).toBe(`' m' & '日本語' & '本語x' & 'cde'`);
    expect(tsqueryOf(["a'", '本'], {})).toBe(`'a''':* & '本':*`);
    expect(termsOf('  Foo foo BAR ', 10)).toEqual(['foo', 'bar']);
  });
});
