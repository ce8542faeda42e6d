const WORD = '[a-z0-9_][a-z0-9_.-]*';
const KEY = new RegExp(`^${WORD}(/${WORD}){0,4}$`);
const PREFIX = /^[a-z0-9_./-]*$/;
const MAX_LENGTH = 200;

/** Keys are made by the application, never by a client: a bad one is a defect. */
export function assertKey(key: string): void {
  if (key.length > MAX_LENGTH || !KEY.test(key)) throw new Error('not an object key');
}

export function assertPrefix(prefix: string): void {
  if (prefix.length > MAX_LENGTH || !PREFIX.test(prefix)) throw new Error('not a prefix of object keys');
}
