/** Marks that users leave out: accents, Arabic vowels and elongation, Hebrew points. Japanese and Indic marks are part of letters. */
const OPTIONAL_MARKS = /[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]/gu;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const SPACES = /[\s\p{Z}\p{Cc}]+/gu;
const ASCII = /^[\x20-\x7e]*$/;
/** Letters without a Unicode decomposition, and how they are typed on keyboards that lack them. */
const PLAIN: Readonly<Record<string, string>> = { ø: 'o', đ: 'd', ħ: 'h', ł: 'l', æ: 'ae', œ: 'oe', ς: 'σ', ى: 'ي', ة: 'ه' };
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');

/** Trigrams of a query word that the index is asked for; the whole word is compared with the text afterwards. */
const MAX_GRAMS = 32;
const GRAM = 3;
/** Characters of two code units. */
const SURROGATES = /[\ud800-\udfff]/;
/** Characters that are doubled in a lexeme. */
const ESCAPED = /['\\]/;

/**
 * Returns text as it is compared: compatibility forms, case and accents folded, one blank between words. The locale of the database has no
 * influence, so that all installations agree.
 */
export function normalise(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase().replace(/ +/g, ' ').trim();
  return text
    .normalize('NFKD')
    .replace(SPACES, ' ')
    .replace(OPTIONAL_MARKS, '')
    .replace(IGNORABLE, '')
    .toUpperCase() // ß and the ligatures become two letters, the dotless i one that has a dot
    .toLowerCase()
    .replace(OPTIONAL_MARKS, '')
    .replace(PLAIN_LETTERS, (letter) => PLAIN[letter] ?? letter)
    .normalize('NFKC')
    .trim();
}

/** Returns the different words of a query, folded; a hit contains all of them. */
export const termsOf = (query: string, max: number): string[] => [...new Set(normalise(query).split(' '))].filter(Boolean).slice(0, max);

/** Returns the trigrams of a word: up to three characters from each position. */
function gramsOf(word: string): string[] {
  const grams: string[] = [];
  if (SURROGATES.test(word)) {
    const characters = [...word];
    for (let at = 0; at < characters.length; at++) grams.push(characters.slice(at, at + GRAM).join(''));
  } else {
    for (let at = 0; at < word.length; at++) grams.push(word.slice(at, at + GRAM));
  }
  return grams;
}

const quoted = (lexeme: string): string => `'${ESCAPED.test(lexeme) ? lexeme.replace(/['\\]/g, '$&$&') : lexeme}'`;
// No trigram contains a blank: a lexeme that begins with one is of another kind.
const roomLexeme = (roomId: string): string => quoted(` r${roomId}`);
const authorLexeme = (userId: string): string => quoted(` u${userId}`);
const MEDIA_LEXEME = quoted(' m');

/** What a message can be found by besides its words. */
export interface Facets {
  roomId?: string;
  userId?: string;
  hasMedia?: boolean;
}

const facetLexemes = ({ roomId, userId, hasMedia }: Facets): string[] => [
  ...(roomId === undefined ? [] : [roomLexeme(roomId)]),
  ...(userId === undefined ? [] : [authorLexeme(userId)]),
  ...(hasMedia ? [MEDIA_LEXEME] : []),
];

/** Returns the index entry of a message as the text of a tsvector. */
export function vectorOf(normal: string, facets: Required<Facets>): string {
  const grams = new Set(normal.split(' ').flatMap(gramsOf));
  return [...facetLexemes(facets), ...Array.from(grams, quoted)].join(' ');
}

/**
 * Returns the text of the tsquery for the index: the facets, and every trigram of every term. Terms of one or two characters are left to
 * the comparison with the text if there is a longer one: the index would have to read most of its entries for them.
 */
export function tsqueryOf(terms: readonly string[], facets: Facets): string {
  const lexemes = new Set(facetLexemes(facets));
  const parts = terms.map((term) => [...term]);
  const long = parts.filter((characters) => characters.length >= GRAM);
  for (const characters of long.length > 0 ? long : parts) {
    if (characters.length < GRAM) lexemes.add(`${quoted(characters.join(''))}:*`);
    for (let at = 0; at + GRAM <= characters.length && at < MAX_GRAMS; at++) lexemes.add(quoted(characters.slice(at, at + GRAM).join('')));
  }
  return [...lexemes].join(' & ');
}

/** Returns the LIKE pattern for a text that contains the term. */
export const likeOf = (term: string): string => `%${term.replace(/[\\%_]/g, '\\$&')}%`;
