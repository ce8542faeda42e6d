import { readFileSync } from 'node:fs';

/** Reads a version of a database function that a release has installed. Such a file never changes: the next version is a new file. */
export const releasedSql = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
