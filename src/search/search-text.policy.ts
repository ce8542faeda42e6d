/** Marks that readers leave out or forget: accents, Arabic vowels and elongation, Hebrew points. Japanese and Indic marks are letters. */
const OPTIONAL_MARKS = /[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]/gu;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const SPACES = /[\s\p{Z}\p{Cc}]+/gu;
const ASCII = /^[\x20-\x7e]*$/;
/** Letters that no decomposition takes apart, but every keyboard without them writes so. */
const PLAIN: Readonly<Record<string, string>> = { ø: 'o', đ: 'd', ħ: 'h', ł: 'l', æ: 'ae', œ: 'oe', ς: 'σ', ى: 'ي', ة: 'ه' };
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');

/** A word of the query longer than this is found by its beginning, then compared whole. */
const MAX_GRAMS = 32;
const GRAM = 3;
/** Characters of two code units each. */
const PAIRED = /[\ud800-\udfff]/;
/** What has to be written twice in a lexeme. */
const MARKED = /['\\]/;

/**
 * Text as it is compared: compatibility forms, case and accents folded, one blank between words. The same in every installation, as the
 * database's locale has no part in it.
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

/** The words of a query, folded, each once; any message holds all of them, or is not found. */
export const termsOf = (query: string, max: number): string[] => [...new Set(normalise(query).split(' '))].filter(Boolean).slice(0, max);

/** Up to three characters from each place of a word. */
function gramsOf(word: string): string[] {
  const grams: string[] = [];
  if (PAIRED.test(word)) {
    const characters = [...word];
    for (let at = 0; at < characters.length; at++) grams.push(characters.slice(at, at + GRAM).join(''));
  } else {
    for (let at = 0; at < word.length; at++) grams.push(word.slice(at, at + GRAM));
  }
  return grams;
}

const quoted = (lexeme: string): string => `'${MARKED.test(lexeme) ? lexeme.replace(/['\\]/g, '$&$&') : lexeme}'`;
// A blank never stands in a gram: what begins with one is of another kind.
const roomLexeme = (roomId: string): string => quoted(` r${roomId}`);
const authorLexeme = (userId: string): string => quoted(` u${userId}`);
const MEDIA_LEXEME = quoted(' m');

/** What a message is found by besides its words. */
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

/** The index entry of a message as the text of a tsvector. */
export function vectorOf(normal: string, facets: Required<Facets>): string {
  const grams = new Set(normal.split(' ').flatMap(gramsOf));
  return [...facetLexemes(facets), ...Array.from(grams, quoted)].join(' ');
}

/**
 * What has to stand in the index, as the text of a tsquery: the facets, and every gram of every term. Beside a term of three characters a
 * shorter one is left to the comparison with the text: the index would have to read most of itself for it.
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

/** A term as a LIKE pattern for a part of the text. */
export const likeOf = (term: string): string => `%${term.replace(/[\\%_]/g, '\\$&')}%`;
