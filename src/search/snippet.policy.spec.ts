import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalise } from './search-text.policy.js';
import { snippetOf, SNIPPET_LENGTH } from './snippet.policy.js';

describe('a snippet', () => {
  it('cuts a snippet around the first hit, in folded and unfolded text', () => {
    expect(snippetOf('short\n text', ['text'])).toBe('short text');
    const long = `${'lorem ipsum '.repeat(40)}the CAFÉ is here ${'dolor '.repeat(60)}`;
    const snippet = snippetOf(long, ['cafe']);
    expect(snippet).toContain('CAFÉ');
    expect(snippet).toMatch(/^….*…$/);
    expect([...snippet].length).toBeLessThanOrEqual(SNIPPET_LENGTH + 2);
    expect(snippetOf(long, ['nowhere']).startsWith('lorem')).toBe(true);
  });

  it('cuts a snippet at the first term that folding letter by letter finds, at any position', () => {
    const letter = fc.constantFrom('a', 'b', 'É', 'e\u0301', 'ß', 'ﬁ', '日', '🎉', '\u200d', ' ');
    const text = fc.array(letter, { minLength: 200, maxLength: 700, size: 'max' }).map((letters) => letters.join(''));
    const terms = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'e', 's', 'fi', '日', '🎉'), minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 3,
    });
    const beginning = (line: string, sought: string[]): number => {
      const letters = [...line.matchAll(/\P{M}\p{M}*/gsu)].map(([one]) => (one === ' ' ? one : normalise(one)));
      const first = Math.min(...sought.map((term) => letters.join('').indexOf(term)).filter((at) => at >= 0));
      let end = 0;
      return letters.findIndex((one) => (end += one.length) > first) - 40;
    };
    fc.assert(
      fc.property(text, terms, (given, sought) => {
        const line = given.replace(/\s+/g, ' ').trim();
        const start = Math.max(0, beginning(line, sought));
        fc.pre(line.length > SNIPPET_LENGTH && sought.some((term) => normalise(line).includes(term)));
        const rest = line
          .match(/\P{M}\p{M}*/gsu)!
          .slice(start)
          .join('');
        const snippet = snippetOf(line, sought);
        expect(snippet.startsWith('…')).toBe(start > 0);
        expect(rest.startsWith(snippet.replaceAll('…', ''))).toBe(true);
        expect(snippet.endsWith('…')).toBe(rest.length > snippet.replaceAll('…', '').length);
      }),
      { numRuns: 300 },
    );
  });
});
