import { createHash } from 'node:crypto';
import path from 'node:path';
import { Settings } from '../../src/config/settings.js';
import { ContractChecker } from '../support/contract-checker.js';
import { type Answer, call, type Person, type World } from '../support/world.js';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The folder of unfinished objects of a store on disk; the first upload creates it. */
export const draftsOf = (world: World): string => path.join(world.app.app.get(Settings).dataDir, 'media', 'incoming');

/** Uploads a file as a browser does. */
export async function upload(who: Person, bytes: Buffer, filename = 'a file', field = 'file'): Promise<Answer> {
  const form = new FormData();
  form.append(field, new Blob([new Uint8Array(bytes)]), filename);
  const response = await fetch(`${who.world.url}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.accessToken}` },
    body: form,
  });
  const answer = { status: response.status, headers: response.headers, body: await response.json() };
  const faults = ContractChecker.instance.ofAnswer({ method: 'POST', path: '/v1/media', hasBody: true }, answer);
  if (faults.length > 0) throw new Error(`the answer contradicts the contract:\n${faults.join('\n')}`);
  return answer;
}

/** Uploads a file and expects success. */
export async function uploaded(who: Person, bytes: Buffer, filename?: string): Promise<any> {
  const { status, body } = await upload(who, bytes, filename);
  if (status !== 201) throw new Error(`upload → ${status} ${JSON.stringify(body)}`);
  return body;
}

export interface Fetched {
  status: number;
  headers: Headers;
  bytes: Buffer;
  /** The answer of the server, before a redirect to the store. */
  first: { status: number; headers: Headers };
}

/** Fetches the content of a file, and follows a redirect to the store. */
export async function fetched(who: Person | null, url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Fetched> {
  const server = who?.world.url ?? '';
  const first = await fetch(url.startsWith('/') ? `${server}${url}` : url, {
    method,
    redirect: 'manual',
    headers: { ...(who && { authorization: `Bearer ${who.accessToken}` }), ...headers },
  });
  const link = first.status === 302 ? first.headers.get('location') : null;
  const last = link ? await fetch(link, { headers }) : first;
  return { status: last.status, headers: last.headers, bytes: Buffer.from(await last.arrayBuffer()), first };
}

/** Sends the bytes of a direct upload. */
export async function put(
  who: Person,
  target: { method: string; url: string; headers: Record<string, string> },
  bytes: Buffer,
): Promise<number> {
  const url = target.url.startsWith('/') ? `${who.world.url}${target.url}` : target.url;
  const { status } = await fetch(url, { method: target.method, headers: target.headers, body: new Uint8Array(bytes) });
  return status;
}

export const direct = (who: Person, bytes: Buffer, contentType: string, more: object = {}): Promise<any> =>
  who.posts('/media/uploads', { filename: 'direct', contentType, size: bytes.length, ...more });

export const completes = (who: Person, mediaId: string): Promise<Answer> =>
  call(who.world.url, 'POST', `/media/uploads/${mediaId}/complete`, { token: who.accessToken });
