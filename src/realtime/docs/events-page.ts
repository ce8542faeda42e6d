import type { Json } from './asyncapi-schema.js';
import { CLIENT_EVENTS, type ClientEvent, SERVER_EVENTS, type ServerEvent } from '../wire/wire.js';

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const link = (name: string): string => `<a href="#${name}">${name}</a>`;
const row = (...cells: string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
const table = (heads: string[], rows: string[]): string =>
  `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
/** Converts references to schemas into links. */
const linked = (json: string): string => escaped(json).replace(/#\/components\/schemas\/(\w+)/g, '<a href="#$1">$1</a>');

/** Renders the AsyncAPI document as an HTML page. */
export function eventsPage(document: Json): string {
  const { schemas } = (document as { components: { schemas: Record<string, Json> } }).components;
  const clientEvents = Object.entries<ClientEvent>(CLIENT_EVENTS).map(([event, { summary, payload, ack }]) =>
    row(`<code>${event}</code>`, escaped(summary), link(payload.name), link(ack.name)),
  );
  const serverEvents = Object.entries<ServerEvent>(SERVER_EVENTS).map(([event, { summary, payload, audience }]) =>
    row(`<code>${event}</code>`, escaped(summary), link(payload.name), audience),
  );
  const sections = Object.entries(schemas).map(
    ([name, schema]) => `<section id="${name}"><h3>${name}</h3><pre>${linked(JSON.stringify(schema, null, 2))}</pre></section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parley: events</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}pre{background:#f6f6f6;padding:1rem;overflow:auto}
</style></head><body><h1>Events</h1>
<p>Over Socket.IO 4, path <code>/socket.io</code>, with <code>auth: { token }</code>. As AsyncAPI: <a href="asyncapi.json">asyncapi.json</a>.
The HTTP API: <a href="../docs">docs</a>.</p>
<h2>Client events</h2>${table(['event', '', 'payload', 'ack'], clientEvents)}
<h2>Server events</h2>${table(['event', '', 'payload', 'audience'], serverEvents)}
<h2>Schemas</h2>${sections.join('')}</body></html>`;
}
