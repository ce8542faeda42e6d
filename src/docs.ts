import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BODY_PROBLEMS, problemExample, problemResponse } from './common/api.decorators.js';
import { Problem } from './common/problem.js';
import type { Settings } from './config/settings.js';
import { asyncApiDocument } from './realtime/docs/asyncapi.js';
import { wholeNumbers } from './realtime/docs/asyncapi-schema.js';
import { eventsPage } from './realtime/docs/events-page.js';

const DESCRIPTION = `The REST API of Parley. Every error is a problem object (RFC 9457) with a stable \`code\`.
Live events are sent over Socket.IO: see /docs/events.`;

/** Generates the OpenAPI document from the code. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder().setTitle('Parley').setDescription(DESCRIPTION).setVersion('1').addBearerAuth();
  const document = SwaggerModule.createDocument(app, builder.build(), {
    extraModels: [Problem],
    operationIdFactory: (_controller, method) => method,
  });
  const operations = Object.values(document.paths).flatMap((path) => [path.get, path.post, path.put, path.patch, path.delete]);
  const examples: Record<string, { value: object }> = {};
  for (const operation of operations) {
    if (operation?.requestBody) addBodyProblems(operation);
    for (const [status, response] of Object.entries(operation?.responses ?? {}))
      for (const code of codesOf(response)) examples[code] ??= { value: problemExample(Number(status), code) };
  }
  return wholeNumbers({ ...document, components: { ...document.components, examples } });
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Adds the problems that a body can cause before its route runs: type, size, form. */
function addBodyProblems({ responses }: Operation): void {
  for (const [status, code] of Object.entries(BODY_PROBLEMS)) {
    responses[status] = problemResponse(Number(status), [...codesOf(responses[status]), code]);
  }
}

const codesOf = (response: Operation['responses'][string]): string[] =>
  response && 'content' in response ? Object.keys(response.content?.['application/problem+json']?.examples ?? {}) : [];

/** Serves `/docs`, `/docs/openapi.json`, `/docs/events` and `/docs/asyncapi.json`, generated on the first request. */
export function serveDocs(app: NestExpressApplication, { docs }: Settings): void {
  if (!docs.shown) return;
  let document: OpenAPIObject | undefined;
  const http = app.getHttpAdapter().getInstance();
  http.get('/docs/asyncapi.json', (_request, response) => void response.json(asyncApiDocument(app)));
  http.get('/docs/events', (_request, response) => void response.type('html').send(eventsPage(asyncApiDocument(app))));
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Parley',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none' },
  });
}
