import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import pino from 'pino';
import type { Options } from 'pino-http';
import { ProcessRole } from '../config/process-role.js';
import { Settings } from '../config/settings.js';

const INFO = 30;
const REQUEST_ID = /^[\w.:-]{1,64}$/;
/** What Nest tells of its own wiring. */
const WIRING = ['InstanceLoader', 'NestFactory', 'NestApplication', 'RouterExplorer', 'RoutesResolver', 'WebSocketsController'];
const QUIET = ['/health/live', '/health/ready', '/metrics'];

/** What must never stand in a log, wherever an object that holds it is logged. */
const REDACTED = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'ticket',
  'text',
];

/** The id of a request: the caller's `x-request-id` if it is a plain word, else a new one; always answered. */
export function assignRequestId(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const given = request.headers['x-request-id'];
  request.id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', String(request.id));
  next();
}

export function loggingModule(): DynamicModule {
  return LoggerModule.forRootAsync({
    inject: [Settings, ProcessRole],
    useFactory: (settings: Settings, role: ProcessRole) => ({ pinoHttp: [options(settings, role), destination(settings, role)] }),
  });
}

/** A command's answers go to stdout, its log to stderr. */
function destination({ production, logLevel }: Settings, role: ProcessRole): DestinationStream {
  if (logLevel === 'silent') return { write: () => undefined };
  const sink = pino.destination({ dest: role.isServer ? 1 : 2, sync: false });
  return production ? sink : new ReadableLines(sink);
}

function options({ logLevel }: Settings, role: ProcessRole): Options {
  return {
    level: role.isServer || logLevel === 'silent' ? logLevel : 'warn',
    genReqId: (request) => request.id,
    autoLogging: { ignore: ({ url }) => QUIET.includes(url ?? '') },
    // What was full or away (503) is no defect.
    customLogLevel: (_request, { statusCode }, error) => (statusCode === 503 ? 'warn' : statusCode >= 500 || error ? 'error' : 'info'),
    // Where a defect lies, the filter of problems has told; pino-http would add a stack of its own.
    customErrorObject: (_request, { statusCode }, err, line: { err?: Error }) => ({ ...line, err: statusCode >= 500 ? undefined : err }),
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    quietReqLogger: true,
    hooks: {
      logMethod(words, method, level) {
        const { context } = (words[0] ?? {}) as { context?: string };
        if (level > INFO || !context || !WIRING.includes(context)) method.apply(this, words);
      },
    },
    // Neither headers nor query: tokens and tickets travel there.
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, path: url.split('?', 1)[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      // A database error carries its statement and parameters.
      err: ({ type, message, code, stack }: { type?: string; message: string; code?: string; stack?: string }) => ({
        type,
        message,
        code,
        stack,
      }),
    },
  };
}

interface LogLine {
  level: number;
  time: number;
  msg?: string;
  context?: string;
  reqId?: string;
  responseTime?: number;
  req?: { method?: string; path?: string };
  res?: { statusCode?: number };
  err?: { stack?: string; message?: string };
}

const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/** Turns lines of JSON into lines for people at a terminal. */
export class ReadableLines implements DestinationStream {
  constructor(private readonly sink: DestinationStream) {}

  write(json: string): void {
    this.sink.write(`${readable(JSON.parse(json) as LogLine)}\n`);
  }
}

function readable(line: LogLine): string {
  const clock = new Date(line.time).toISOString().slice(11, 23);
  const level = (LEVELS[line.level] ?? String(line.level)).padEnd(5);
  const words = [clock, level, line.context && `[${line.context}]`, line.res ? access(line) : line.msg, line.reqId];
  return `${words.filter(Boolean).join(' ')}${line.level >= 50 && line.err ? story(line.err) : ''}`;
}

const access = ({ req, res, responseTime }: LogLine): string => `${req?.method} ${req?.path} ${res?.statusCode} ${responseTime} ms`;
const story = ({ stack, message }: NonNullable<LogLine['err']>): string => `\n${stack ?? message}`;
