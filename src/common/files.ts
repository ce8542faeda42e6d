import { linkSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Returns the text of a file, or '' if it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Creates `file` with the content of `draft`, complete from the start. Returns false if it exists. */
export function linkUnlessExists(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns the drafts of a file or folder: the paths beside it that begin with its name and a dot. */
export function draftsOf(file: string): string[] {
  const folder = path.dirname(file);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${path.basename(file)}.`));
  return names.map((name) => path.join(folder, name));
}
