const LONGEST = 255;
const LONGEST_EXTENSION = 16;

/** Control characters, line ends, and marks that turn the reading direction: a name may not lie about its end. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A name as people know it, with nothing in it that leads elsewhere. It is shown and sent along, never used as a path. */
export function filenameFrom(given: string): string {
  const last = given.toWellFormed().normalize('NFC').split(/[\\/]/).at(-1) ?? '';
  const name = last.replaceAll(UNSEEN, '').trim();
  return /^\.*$/.test(name) ? 'file' : shortened([...name]);
}

function shortened(letters: string[]): string {
  if (letters.length <= LONGEST) return letters.join('');
  const dot = letters.lastIndexOf('.');
  const extension = dot > 0 && letters.length - dot <= LONGEST_EXTENSION ? letters.slice(dot) : [];
  return [...letters.slice(0, LONGEST - extension.length), ...extension].join('');
}
