import { type INestApplication, Module } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Problem } from '../../common/problem.js';
import { jsonSchema, wholeNumbers, type Json } from './asyncapi-schema.js';
import { CLIENT_EVENTS, type ClientEvent, SERVER_EVENTS, type ServerEvent } from '../wire/wire.js';

const DESCRIPTION = `What is said live, over Socket.IO 4 in the root namespace. The handshake's \`auth\` is \`{ token, protocol: 1, frames? }\`; a
refusal stands in \`err.data\` of \`connect_error\`. Every event of a client is answered through its acknowledgement, with \`ok: true\` and what its
reply says here, or with \`ok: false\` and \`error\`, the problem object of the REST side.`;

/** Keeps the routes out of the document, which has only schemas. */
@Module({})
class NoRoutes {}

const CHANNEL = '#/channels/root';
const schemaOf = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
/** Names of components may hold no colon. */
const nameOf = (side: 'client' | 'server' | 'ack', event: string): string => `${side}.${event.replaceAll(':', '.')}`;

const answerOf = (ack: string): Json => ({
  oneOf: [
    { allOf: [{ type: 'object', required: ['ok'], properties: { ok: { const: true } } }, schemaOf(ack)] },
    { type: 'object', required: ['ok', 'error'], properties: { ok: { const: false }, error: schemaOf(Problem.name) } },
  ],
});

/** The AsyncAPI document, from the table of events and the classes that it names. @see https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export function asyncApiDocument(app: INestApplication): Json {
  const said = Object.entries<ClientEvent>(CLIENT_EVENTS);
  const heard = Object.entries<ServerEvent>(SERVER_EVENTS);
  const messages = Object.fromEntries([
    ...said.flatMap(([event, { payload, ack, summary }]) => [
      [nameOf('client', event), { name: event, summary, payload: schemaOf(payload.name) }],
      [nameOf('ack', event), { name: event, summary: 'The acknowledgement.', payload: answerOf(ack.name) }],
    ]),
    ...heard.map(([event, { payload, summary }]) => [nameOf('server', event), { name: event, summary, payload: schemaOf(payload.name) }]),
  ]) as Record<string, Json>;
  return {
    asyncapi: '3.0.0',
    info: { title: 'Parley', version: '1', description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: { parley: { host: 'localhost:3000', pathname: '/socket.io', protocol: 'socket.io' } },
    channels: {
      root: {
        address: '/',
        title: 'The root namespace',
        messages: Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
      },
    },
    operations: Object.fromEntries<Json>([
      ...said.map(([event, { summary }]): [string, Json] => [
        nameOf('client', event),
        {
          ...operation('receive', nameOf('client', event), summary),
          reply: { channel: { $ref: CHANNEL }, messages: [inChannel(nameOf('ack', event))] },
        },
      ]),
      ...heard.map(([event, { summary, audience }]): [string, Json] => [
        nameOf('server', event),
        { ...operation('send', nameOf('server', event), summary), tags: [{ name: audience }] },
      ]),
    ]),
    components: { messages, schemas: schemasOf(app) },
  };
}

const inChannel = (message: string): Json => ({ $ref: `${CHANNEL}/messages/${message}` });

const operation = (action: 'send' | 'receive', message: string, summary: string): Record<string, Json> => ({
  action,
  channel: { $ref: CHANNEL },
  summary,
  messages: [inChannel(message)],
});

function schemasOf(app: INestApplication): Json {
  const acks = Object.values<ClientEvent>(CLIENT_EVENTS).map(({ ack }) => ack);
  const payloads = [...Object.values<ClientEvent>(CLIENT_EVENTS), ...Object.values<ServerEvent>(SERVER_EVENTS)].map(
    ({ payload }) => payload,
  );
  const { components } = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
    include: [NoRoutes],
    extraModels: [...new Set([Problem, ...payloads, ...acks])],
  });
  return wholeNumbers(jsonSchema((components?.schemas ?? {}) as Json));
}
