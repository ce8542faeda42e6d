const MAX_LENGTH = 255;
const MAX_EXTENSION_LENGTH = 16;

/** Control characters, line ends, and marks that change the reading direction, which could disguise the extension. */
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Returns a name that is safe to show: no path, no invisible characters. It is never used as a path of the store. */
export function filenameFrom(sent: string): string {
  const last = sent.toWellFormed().normalize('NFC').split(/[\\/]/).at(-1) ?? '';
  const name = last.replaceAll(INVISIBLE, '').trim();
  return /^\.*$/.test(name) ? 'file' : shorten([...name]);
}

function shorten(letters: string[]): string {
  if (letters.length <= MAX_LENGTH) return letters.join('');
  const dot = letters.lastIndexOf('.');
  const extension = dot > 0 && letters.length - dot <= MAX_EXTENSION_LENGTH ? letters.slice(dot) : [];
  return [...letters.slice(0, MAX_LENGTH - extension.length), ...extension].join('');
}
