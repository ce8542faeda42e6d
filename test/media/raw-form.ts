import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Person } from '../support/world.js';
import { until } from '../support/until.js';

export const BOUNDARY = 'a-boundary';
export const part = (headers: string, body: Buffer | string = ''): Buffer =>
  Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`), Buffer.from(body), Buffer.from('\r\n')]);
export const filePart = (name: string, body: Buffer | string, field = 'file'): Buffer =>
  part(`content-disposition: form-data; name="${field}"; filename="${name}"\r\ncontent-type: image/png`, body);
export const END = Buffer.from(`--${BOUNDARY}--\r\n`);

/** Sends an upload byte by byte, to test malformed ones. */
export class RawUpload {
  received = '';
  closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (data) => (this.received += data.toString('latin1')));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  static async begin(who: Person, { length, boundary = BOUNDARY }: { length?: number; boundary?: string | null } = {}): Promise<RawUpload> {
    const { hostname, port } = new URL(who.world.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const type = `multipart/form-data${boundary === null ? '' : `; boundary=${boundary}`}`;
    const size = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`;
    socket.write(
      `POST /v1/media HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${who.accessToken}\r\ncontent-type: ${type}\r\n${size}\r\n\r\n`,
    );
    return new RawUpload(socket);
  }

  /** Sends a whole body with a Content-Length. */
  static async send(who: Person, body: Buffer, boundary?: string | null): Promise<RawUpload> {
    const upload = await RawUpload.begin(who, { length: body.length, ...(boundary !== undefined && { boundary }) });
    upload.socket.write(body);
    return upload;
  }

  chunk(bytes: Buffer): void {
    this.socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  }

  /** Returns status and code of the answer. */
  async answer(ms?: number): Promise<string> {
    const [, status, code] = await until('an answer', () => /^HTTP\/1\.1 (\d+)[^]*"code":"(\w+)"/.exec(this.received), ms);
    this.socket.destroy();
    return `${status} ${code}`;
  }
}
