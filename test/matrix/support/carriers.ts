import { call } from '../../support/world.js';

type Json = any;

/** What speaks of messages: their content, who did something with one, how many there are. */
const VIEWS = 'Message|Preview|Edit|Reader|Reaction|Report|TeamFrame|RoomHead|Membership|ReadState';
const OF_MESSAGES = new RegExp(`"messageId"|/schemas/(${VIEWS})View"`);

/** Whether a schema, with all that it refers to, speaks of messages. */
function speaks(schema: Json, schemas: Record<string, Json>, seen = new Set<string>()): boolean {
  const text = JSON.stringify(schema ?? null);
  if (OF_MESSAGES.test(text)) return true;
  return [...text.matchAll(/\/schemas\/(\w+)"/g)].some(([, name]) => {
    if (seen.has(name!)) return false;
    seen.add(name!);
    return speaks(schemas[name!], schemas, seen);
  });
}

/**
 * The routes and events on which messages may be read or changed, by the documents of the server itself: every route that reads below a room or
 * whose answer speaks of messages, every route that names a message or a file, every event whose payload or answer speaks of messages.
 */
export async function carriersOfMessages(url: string): Promise<{ asked: string[]; received: string[] }> {
  const { body: rest } = await call(url, 'GET', '/docs/openapi.json');
  const { body: live } = await call(url, 'GET', '/docs/asyncapi.json');
  const routes = Object.entries<Json>(rest.paths).flatMap(([path, operations]) =>
    Object.entries<Json>(operations)
      .filter(([method, { responses }]) => {
        if (path.includes('{messageId}')) return true;
        const reads =
          path.startsWith('/v1/rooms/{roomId}') || path.startsWith('/v1/media/{id}') || speaks(responses, rest.components.schemas);
        return method === 'get' && reads;
      })
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
  const events = (side: string): string[] =>
    Object.entries<Json>(live.components.messages)
      .filter(([name, { payload }]) => name.startsWith(`${side}.`) && speaks(payload, live.components.schemas))
      .map(([, { name }]) => name);
  return { asked: [...new Set([...routes, ...events('client'), ...events('ack')])], received: events('server') };
}
