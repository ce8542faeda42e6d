import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../../contract');

/** A document as it is committed; `npm run contract:check` compares it with the code. */
export const readContract = (name: 'openapi' | 'asyncapi'): any => JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));
