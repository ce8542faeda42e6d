import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { declareError } from './common/domain-error.js';
import { ProblemFilter } from './common/problem.filter.js';
import { BodyPipe } from './common/body.pipe.js';
import { ProcessRole } from './config/process-role.js';
import type { Settings } from './config/settings.js';
import { serveDocs } from './docs.js';
import { assignRequestId } from './ops/logging.module.js';
import { RealtimeIoAdapter } from './realtime/adapter/realtime-io.adapter.js';

const EXPOSED_HEADERS = [
  'x-request-id',
  'retry-after',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'etag',
  'content-range',
  'content-disposition',
];
const DAY_S = 86_400;
/** Longer than that of proxies (nginx: 60 s), so that the side that sends requests closes the connection. */
const KEEP_ALIVE_MS = 65_000;
/** Closes connections that send their headers too slowly. */
const HEADERS_MS = 15_000;

/** Creates the application of a server, configured but not listening. */
export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings, ProcessRole.server), {
    bodyParser: false, // `configure` adds one with its own limit
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  return configure(app, settings);
}

/** Adds the middleware, pipes and filters. The server, the tests and the contract share it. */
export function configure(app: NestExpressApplication, settings: Settings): NestExpressApplication {
  app.disable('x-powered-by').set('etag', false).set('trust proxy', settings.trustProxy).set('query parser', 'simple');
  Object.assign(app.getHttpServer(), { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS });
  app.use(assignRequestId);
  app.use(securityHeaders(settings));
  app.use(disableCaching);
  enableCors(app, settings);
  app.use(requireJson);
  app.useBodyParser('json', { limit: settings.http.bodyBytes, type: isJson });
  app.enableVersioning({ type: VersioningType.URI });
  app.useGlobalPipes(new BodyPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.useWebSocketAdapter(new RealtimeIoAdapter(app, settings));
  serveDocs(app, settings);
  return app;
}

function securityHeaders({ corsOrigins }: Settings): ReturnType<typeof helmet> {
  return helmet({
    // The default upgrades requests to https, which a server on a plain port does not serve.
    contentSecurityPolicy: {
      directives: { upgradeInsecureRequests: null, connectSrc: ["'self'", 'ws:', 'wss:'], imgSrc: ["'self'", 'data:', 'blob:'] },
    },
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
    strictTransportSecurity: { maxAge: 180 * DAY_S },
  });
}

/** Answers are not cached, except where a route allows it. */
function disableCaching(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}

function enableCors(app: NestExpressApplication, { corsOrigins }: Settings): void {
  if (corsOrigins.length === 0) return;
  app.enableCors({ origin: corsOrigins.includes('*') ? '*' : [...corsOrigins], exposedHeaders: EXPOSED_HEADERS, maxAge: DAY_S / 24 });
}

class UnsupportedBody extends declareError(
  415,
  'unsupported_media_type',
  'Send JSON bodies as application/json, and uploads as multipart/form-data.',
) {}

/** A direct upload: raw bytes, never parsed as a body, whatever their content type. */
const isUpload = ({ method, path }: Request): boolean => method === 'PUT' && path.startsWith('/v1/media/');
const mediaType = (request: { headers: { 'content-type'?: string } }): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
const isJson = (message: unknown): boolean => {
  const request = message as Request;
  return mediaType(request) === 'application/json' && !isUpload(request);
};

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const supported = ['application/json', 'multipart/form-data'].includes(mediaType(request)) || isUpload(request);
  next(hasBody && !supported ? new UnsupportedBody() : undefined);
}
