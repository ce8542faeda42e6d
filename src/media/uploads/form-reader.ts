import type { Readable, Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import { type DomainError, ValidationFailed } from '../../common/domain-error.js';
import { MalformedForm, UploadBrokenOff } from './uploads.errors.js';

/** How long a client may go on sending after it was refused. */
const LINGER_MS = 5_000;

export interface FormFile {
  readonly filename: string;
  readonly body: Readable;
}

/**
 * Reads a form with one file, which `store` consumes while it arrives. Throws at the first error, while the client may still be sending
 * (see {@link cutOffLater}). When the form fails after its file was stored, the result goes to `discard`.
 * @throws ValidationFailed, MalformedForm, UploadBrokenOff, and what `store` throws
 */
export function readForm<T>(
  request: Request,
  response: Response,
  store: (file: FormFile) => Promise<T>,
  discard: (stored: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stored: T[] = [];
    let failed = false;
    const fail = (error: Error): void => {
      failed = true;
      stored.splice(0).forEach(discard);
      reject(request.destroyed && !request.complete ? new UploadBrokenOff() : error);
    };
    const storage: multer.StorageEngine = {
      _handleFile: (_request, { fieldname, originalname, stream }, done) => {
        const storing = fieldname === 'file' ? store({ filename: originalname, body: stream }) : Promise.reject(new UnknownPart(fieldname));
        storing.then(
          (result) => {
            // The form may fail while its file is being stored.
            if (failed) discard(result);
            else stored.push(result);
            done(null, {});
          },
          (error: Error) => {
            fail(error);
            done(error);
          },
        );
      },
      _removeFile: (_request, _file, done) => done(null),
    };
    const limits = { files: 1, fields: 0, parts: 1, headerPairs: 20, fieldNameSize: 100, fieldSize: 1 };
    const streamHandler = (_request: Request, parser: Writable): void => {
      // The parser detaches from a form that it refuses, and reports the error at the end of the form, which may never come.
      parser.once('unpipe', () => setImmediate(() => request.complete || fail(new MalformedForm())));
      request.pipe(parser);
    };
    const options = { storage, limits, streamHandler, defParamCharset: 'utf8' };
    multer(options).any()(request, response, (error: unknown) => {
      const [result] = stored;
      if (error) fail(formErrorOf(error));
      else if (result === undefined) fail(new ValidationFailed([{ path: 'file', message: 'is missing' }]));
      else resolve(result);
    });
  });
}

class UnknownPart extends ValidationFailed {
  constructor(name: string) {
    super([{ path: name, message: 'is not a known field' }]);
  }
}

/** Every error of the form parser is the client's. */
function formErrorOf(error: unknown): DomainError {
  if (!(error instanceof multer.MulterError)) return new MalformedForm();
  return new ValidationFailed([{ path: error.field ?? 'file', message: error.message.toLowerCase() }]);
}

/** Discards the rest of the body, so that the client can read its answer, and closes the connection if the body does not end soon. */
export function cutOffLater(request: Request): void {
  if (request.complete || request.destroyed) return;
  const cut = setTimeout(() => request.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(cut)).resume();
}
