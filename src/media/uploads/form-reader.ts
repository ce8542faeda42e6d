import type { Readable, Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer from 'multer';
import { type DomainError, ValidationFailed } from '../../common/domain-error.js';
import { MalformedForm, UploadBrokenOff } from './uploads.errors.js';

/** How long a client may go on sending what nobody wants, once it has its answer. */
const LINGER_MS = 5_000;

export interface FormFile {
  readonly filename: string;
  readonly body: Readable;
}

/**
 * Reads a form with one file, which `take` streams away while it comes. A refusal is thrown at once: the client is answered while it may
 * still be sending, and cut off if it does not end. What was taken of a form that breaks afterwards goes to `drop`.
 * @throws ValidationFailed, MalformedForm, UploadBrokenOff, and what `take` throws
 */
export function readForm<T>(
  request: Request,
  response: Response,
  take: (file: FormFile) => Promise<T>,
  drop: (taken: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const taken: T[] = [];
    let failed = false;
    const fail = (error: Error): void => {
      failed = true;
      taken.splice(0).forEach(drop);
      reject(request.destroyed && !request.complete ? new UploadBrokenOff() : error);
    };
    const storage: multer.StorageEngine = {
      _handleFile: (_request, { fieldname, originalname, stream }, done) => {
        const taking = fieldname === 'file' ? take({ filename: originalname, body: stream }) : Promise.reject(new UnknownPart(fieldname));
        taking.then(
          (result) => {
            // The file had ended, and the connection broke while it was being stored: nobody waits for it any more.
            if (failed) drop(result);
            else taken.push(result);
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
      // It lets go of a form that it has refused, and then waits for its end to say why. Not every form ends.
      parser.once('unpipe', () => setImmediate(() => request.complete || fail(new MalformedForm())));
      request.pipe(parser);
    };
    const options = { storage, limits, streamHandler, defParamCharset: 'utf8' };
    multer(options).any()(request, response, (error: unknown) => {
      const [result] = taken;
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

/** What the parser of forms complains of is the client's doing. */
function formErrorOf(error: unknown): DomainError {
  if (!(error instanceof multer.MulterError)) return new MalformedForm();
  return new ValidationFailed([{ path: error.field ?? 'file', message: error.message.toLowerCase() }]);
}

/** Lets the client read its answer; then the connection ends, if the body does not. */
export function cutOffLater(request: Request): void {
  if (request.complete || request.destroyed) return;
  const cut = setTimeout(() => request.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(cut)).resume();
}
