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
/** Contexts in which Nest logs its own start-up. */
const NEST_CONTEXTS = ['InstanceLoader', 'NestFactory', 'NestApplication', 'RouterExplorer', 'RoutesResolver', 'WebSocketsController'];
const UNLOGGED_PATHS = ['/health/live', '/health/ready', '/metrics'];

/** Properties that are masked in every logged object. */
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

/** Sets the request id: the client's `x-request-id` if it is a plain word, otherwise a new one. Answers it in the same header. */
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

/** A command logs to stderr, since its output goes to stdout. */
function destination({ production, logLevel }: Settings, role: ProcessRole): DestinationStream {
  if (logLevel === 'silent') return { write: () => undefined };
  const sink = pino.destination({ dest: role.isServer ? 1 : 2, sync: false });
  return production ? sink : new ReadableLines(sink);
}

function options({ logLevel }: Settings, role: ProcessRole): Options {
  return {
    level: role.isServer || logLevel === 'silent' ? logLevel : 'warn',
    genReqId: (request) => request.id,
    autoLogging: { ignore: ({ url }) => UNLOGGED_PATHS.includes(url ?? '') },
    // A 503 (overloaded, unavailable) is not a defect.
    customLogLevel: (_request, { statusCode }, error) => (statusCode === 503 ? 'warn' : statusCode >= 500 || error ? 'error' : 'info'),
    // ProblemFilter has logged the stack of a defect; pino-http would add an unrelated one.
    customErrorObject: (_request, { statusCode }, err, line: { err?: Error }) => ({ ...line, err: statusCode >= 500 ? undefined : err }),
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    quietReqLogger: true,
    hooks: {
      logMethod(args, method, level) {
        const { context } = (args[0] ?? {}) as { context?: string };
        if (level > INFO || !context || !NEST_CONTEXTS.includes(context)) method.apply(this, args);
      },
    },
    // Neither headers nor query, which contain tokens and tickets.
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, path: url.split('?', 1)[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      // Only these: a database error has its statement and parameters, too.
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

/** Formats JSON log lines for a terminal. */
class ReadableLines implements DestinationStream {
  constructor(private readonly sink: DestinationStream) {}

  write(json: string): void {
    this.sink.write(`${formatLine(JSON.parse(json) as LogLine)}\n`);
  }
}

function formatLine(line: LogLine): string {
  const clock = new Date(line.time).toISOString().slice(11, 23);
  const level = (LEVELS[line.level] ?? String(line.level)).padEnd(5);
  const parts = [clock, level, line.context && `[${line.context}]`, line.res ? requestText(line) : line.msg, line.reqId];
  return `${parts.filter(Boolean).join(' ')}${line.level >= 50 && line.err ? stackLines(line.err) : ''}`;
}

const requestText = ({ req, res, responseTime }: LogLine): string => `${req?.method} ${req?.path} ${res?.statusCode} ${responseTime} ms`;
const stackLines = ({ stack, message }: NonNullable<LogLine['err']>): string => `\n${stack ?? message}`;
