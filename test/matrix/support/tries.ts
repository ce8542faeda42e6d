import { call } from '../../support/world.js';
import { type Actor, type Variant, actorsIn } from './actors.js';
import { type Ask, type Cell, expected, HIDDEN, isEvent, type Row } from './rules.js';
import { nowhere, type Place, SECRET, type Stage } from './stage.js';

interface Answered {
  status: number;
  body: any;
}

/** Calls made at the same time; each has a room of its own. */
const AT_ONCE = 12;

/** Tries one row with everybody in one kind of room, and gives what was not as the row says. */
export async function wrongCells(stage: Stage, row: Row, variant: Variant): Promise<string[]> {
  const actors = actorsIn(variant, row.needs ?? []).filter(({ account }) => !isEvent(row) || stage.devices.has(account));
  const places = await stage.places(variant, actors);
  const before = await stage.prints(places);
  const wrong: string[] = [];
  const cells = actors.map((actor, at) => ({ cell: { actor, variant }, place: places[at]! }));
  for (let at = 0; at < cells.length; at += AT_ONCE) {
    const tried = await Promise.all(cells.slice(at, at + AT_ONCE).map(({ cell, place }) => wrongIn(stage, row, cell, place)));
    wrong.push(...tried.flat());
  }
  const after = await stage.prints(places);
  for (const [at, { cell }] of cells.entries()) {
    if (!expected(row, cell).startsWith('2') && before[at] !== after[at])
      wrong.push(`${cell.actor.name}: was refused, and something has changed`);
  }
  await stage.clear();
  return wrong;
}

async function wrongIn(stage: Stage, row: Row, cell: Cell, place: Place): Promise<string[]> {
  const wanted = expected(row, cell);
  const answer = await asked(stage, row, cell.actor, row.ask(place));
  const said = saying(answer);
  const wrong: string[] = [];
  if (wanted !== HIDDEN && said !== wanted) wrong.push(`${cell.actor.name}: ${said}, not ${wanted}`);
  if (wanted === HIDDEN) {
    const ids = nowhere(place);
    const random = await asked(stage, row, cell.actor, row.ask(ids));
    const [shown, none] = [plain(answer, place), plain(random, ids)];
    if (answer.status < 400 && !isEvent(row)) wrong.push(`${cell.actor.name}: ${said}, and it is to be hidden`);
    if (shown !== none) wrong.push(`${cell.actor.name}: ${shown}, and of a random id ${none}`);
  }
  const outside = !cell.actor.seat && !(row.letsIn && answer.status === 200);
  if (outside && JSON.stringify(answer.body).includes(SECRET)) wrong.push(`${cell.actor.name}: reads what is said inside`);
  return wrong;
}

async function asked(stage: Stage, row: Row, { account }: Actor, { path = '', body }: Ask): Promise<Answered> {
  if (isEvent(row)) {
    const ack = await stage.devices.get(account)!.says(row.at, body);
    return { status: ack.ok ? 200 : ack.error.status, body: ack.ok ? ack : ack.error };
  }
  const token = stage.person(account)?.accessToken;
  return call(stage.world.url, row.at.split(' ')[0]!, path, { ...(body && { body }), ...(token && { token }) });
}

function saying({ status, body }: Answered): string {
  if (status < 400) return String(status);
  return [status, body.reason ?? body.code, body.permission].filter(Boolean).join(' ');
}

/** An answer without what must differ: the ids that were asked for, and the number of the request. */
function plain({ status, body }: Answered, place: Place): string {
  const { requestId: _, ...said } = Object(body);
  return Object.entries(place).reduce((text, [key, id]) => text.replaceAll(id, `<${key}>`), `${status} ${JSON.stringify(said)}`);
}
