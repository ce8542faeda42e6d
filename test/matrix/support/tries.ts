import { call } from '../../support/world.js';
import { type Actor, type Variant, actorsIn } from './actors.js';
import { type Ask, type Cell, changes, expected, HIDDEN, isEvent, type Row, tries } from './rules.js';
import { nowhere, type Place, SECRET, type RoomFixture } from './room-fixture.js';

interface Answered {
  status: number;
  body: any;
}

/** Calls made at the same time; no two in one room. */
const AT_ONCE = 12;

interface Try {
  readonly cell: Cell;
  readonly place: Place;
}

/** One kind of room, and all who try things in it. */
export class Attempts {
  /** A room for each of them, in which nothing is ever changed: what is refused is refused there, what is read is read there. */
  private readonly still = new Map<Actor, { place: Place; print: string }>();

  private constructor(
    private readonly stage: RoomFixture,
    private readonly variant: Variant,
  ) {}

  static async in(stage: RoomFixture, variant: Variant): Promise<Attempts> {
    const trials = new Attempts(stage, variant);
    await trials.settle(actorsIn(variant));
    return trials;
  }

  /** Tries one row with every actor, and returns the answers that differ from the row. */
  async wrongCells(row: Row): Promise<string[]> {
    const actors = [...this.still.keys()].filter(
      (actor) => tries(actor, row, this.variant) && (!isEvent(row) || this.stage.devices.has(actor.account)),
    );
    const changing = changes(row) ? actors.filter((actor) => expected(row, { actor, variant: this.variant }).startsWith('2')) : [];
    const still = actors.filter((actor) => !changing.includes(actor));
    return [...(await this.tryStill(row, still)), ...(await this.tryChanging(row, changing))];
  }

  private async settle(actors: readonly Actor[]): Promise<void> {
    const places = await this.stage.places(this.variant, actors);
    const prints = await this.stage.prints(places);
    for (const [at, actor] of actors.entries()) this.still.set(actor, { place: places[at]!, print: prints[at]! });
  }

  private async tryStill(row: Row, actors: readonly Actor[]): Promise<string[]> {
    const rooms = actors.map((actor) => this.still.get(actor)!);
    const places = rooms.map(({ place }) => place);
    const wrong = await this.tried(row, actors, places);
    const prints = await this.stage.prints(places);
    const changed = actors.filter((_, at) => prints[at] !== rooms[at]!.print);
    // What comes next is not to suffer from it.
    if (changed.length > 0) await this.settle(changed);
    return [...wrong, ...changed.map(({ name }) => `${name}: has changed what is there`)];
  }

  private async tryChanging(row: Row, actors: readonly Actor[]): Promise<string[]> {
    const places = await this.stage.places(this.variant, actors);
    const wrong = await this.tried(row, actors, places);
    await this.stage.clear(places);
    return wrong;
  }

  private async tried(row: Row, actors: readonly Actor[], places: readonly Place[]): Promise<string[]> {
    const all = actors.map((actor, at): Try => ({ cell: { actor, variant: this.variant }, place: places[at]! }));
    const wrong: string[] = [];
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const some = await Promise.all(all.slice(at, at + AT_ONCE).map(({ cell, place }) => wrongIn(this.stage, row, cell, place)));
      wrong.push(...some.flat());
    }
    return wrong;
  }
}

async function wrongIn(stage: RoomFixture, row: Row, cell: Cell, place: Place): Promise<string[]> {
  const wanted = expected(row, cell);
  const answer = await asked(stage, row, cell.actor, row.ask(place));
  const payload = described(answer);
  const wrong: string[] = [];
  if (wanted !== HIDDEN && payload !== wanted) wrong.push(`${cell.actor.name}: ${payload}, not ${wanted}`);
  if (wanted === HIDDEN) {
    const ids = nowhere(place);
    const random = await asked(stage, row, cell.actor, row.ask(ids));
    const [shown, none] = [plain(answer, place), plain(random, ids)];
    if (answer.status < 400 && !isEvent(row)) wrong.push(`${cell.actor.name}: ${payload}, and it is to be hidden`);
    if (shown !== none) wrong.push(`${cell.actor.name}: ${shown}, and of a random id ${none}`);
  }
  const outside = !cell.actor.member && !(row.letsIn && answer.status === 200);
  if (outside && JSON.stringify(answer.body).includes(SECRET)) wrong.push(`${cell.actor.name}: reads the content of the room`);
  return wrong;
}

async function asked(stage: RoomFixture, row: Row, { account }: Actor, { path = '', body }: Ask): Promise<Answered> {
  if (isEvent(row)) {
    const ack = await stage.devices.get(account)!.emits(row.at, body);
    return { status: ack.ok ? 200 : ack.error.status, body: ack.ok ? ack : ack.error };
  }
  const token = stage.person(account)?.accessToken;
  return call(stage.world.url, row.at.split(' ')[0]!, path, { ...(body && { body }), ...(token && { token }) });
}

function described({ status, body }: Answered): string {
  if (status < 400) return String(status);
  return [status, body.reason ?? body.code, body.permission].filter(Boolean).join(' ');
}

/** An answer without what must differ: the ids that were asked for, and the number of the request. */
function plain({ status, body }: Answered, place: Place): string {
  const { requestId: _, ...payload } = Object(body);
  return Object.entries(place).reduce((text, [key, id]) => text.replaceAll(id, `<${key}>`), `${status} ${JSON.stringify(payload)}`);
}
