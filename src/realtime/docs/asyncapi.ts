import { type INestApplication, Module } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Problem } from '../../common/problem.js';
import { jsonSchema, wholeNumbers, type Json } from './asyncapi-schema.js';
import { CLIENT_EVENTS, type ClientEvent, SERVER_EVENTS, type ServerEvent } from '../wire/wire.js';

const DESCRIPTION = `Live events over Socket.IO 4, in the root namespace. The \`auth\` of the handshake is \`{ token, protocol: 1, frames? }\`; if the
server refuses it, \`err.data\` of \`connect_error\` is the problem object. Every client event is acknowledged: with \`ok: true\` and the reply
that is documented here, or with \`ok: false\` and \`error\`, the problem object of the REST API.`;

/** Keeps HTTP routes out of the document that the schemas are taken from. */
@Module({})
class NoRoutes {}

const CHANNEL = '#/channels/root';
const schemaOf = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
/** Names of components may not contain a colon. */
const nameOf = (side: 'client' | 'server' | 'ack', event: string): string => `${side}.${event.replaceAll(':', '.')}`;

const ackSchema = (ack: string): Json => ({
  oneOf: [
    { allOf: [{ type: 'object', required: ['ok'], properties: { ok: { const: true } } }, schemaOf(ack)] },
    { type: 'object', required: ['ok', 'error'], properties: { ok: { const: false }, error: schemaOf(Problem.name) } },
  ],
});

/** Builds the AsyncAPI document from the tables of events and their payload classes. @see https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export function asyncApiDocument(app: INestApplication): Json {
  const clientEvents = Object.entries<ClientEvent>(CLIENT_EVENTS);
  const serverEvents = Object.entries<ServerEvent>(SERVER_EVENTS);
  const messages = Object.fromEntries([
    ...clientEvents.flatMap(([event, { payload, ack, summary }]) => [
      [nameOf('client', event), { name: event, summary, payload: schemaOf(payload.name) }],
      [nameOf('ack', event), { name: event, summary: 'The acknowledgement.', payload: ackSchema(ack.name) }],
    ]),
    ...serverEvents.map(([event, { payload, summary }]) => [
      nameOf('server', event),
      { name: event, summary, payload: schemaOf(payload.name) },
    ]),
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
      ...clientEvents.map(([event, { summary }]): [string, Json] => [
        nameOf('client', event),
        {
          ...operation('receive', nameOf('client', event), summary),
          reply: { channel: { $ref: CHANNEL }, messages: [channelMessage(nameOf('ack', event))] },
        },
      ]),
      ...serverEvents.map(([event, { summary, audience }]): [string, Json] => [
        nameOf('server', event),
        { ...operation('send', nameOf('server', event), summary), tags: [{ name: audience }] },
      ]),
    ]),
    components: { messages, schemas: schemasOf(app) },
  };
}

const channelMessage = (message: string): Json => ({ $ref: `${CHANNEL}/messages/${message}` });

const operation = (action: 'send' | 'receive', message: string, summary: string): Record<string, Json> => ({
  action,
  channel: { $ref: CHANNEL },
  summary,
  messages: [channelMessage(message)],
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
