import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import * as consumers from 'node:stream/consumers';
import pg from 'pg';
import { sharedApp, startApp, type RunningApp } from './app.js';
import { TestSocket, type Json } from './test-socket.js';
import { ContractChecker } from './contract-checker.js';

export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}

/**
 * A call over HTTP, as any client would make it. A path begins with `/`, under `/v1` unless it names another prefix. The answer is as documented for
 * the route, or the call fails.
 */
export async function call(
  url: string,
  method: string,
  path: string,
  { body, token, headers = {} }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const whole = `${/^\/(v1|docs|health|metrics|socket\.io)\b/.test(path) ? '' : '/v1'}${path}`;
  const answer = await exchange(`${url}${whole}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const faults = ContractChecker.instance.ofAnswer({ method, path: whole, hasBody: body !== undefined }, answer);
  if (faults.length > 0) throw new Error(`not as documented:\n${faults.join('\n')}`);
  return answer;
}

const connections = new Agent({ keepAlive: true });

/** By node:http: what fetch does beside it costs the tests more time than the server takes to answer. */
async function exchange(
  url: string,
  { body, ...options }: { method: string; headers: Record<string, string>; body?: string },
): Promise<Answer> {
  // Node gives the body of a DELETE no length by itself.
  const sized = body === undefined ? options.headers : { ...options.headers, 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(url, { ...options, headers: sized, agent: connections });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const payload = await consumers.text(response);
  const type = response.headers['content-type'] ?? '';
  const headers = new Headers(Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]));
  return {
    status: response.statusCode!,
    headers,
    body: /json/.test(type) && !/ndjson/.test(type) && payload ? JSON.parse(payload) : payload,
  };
}

/** A user with an account, and their connected devices. */
export class Person {
  readonly sockets: TestSocket[] = [];

  constructor(
    readonly world: World,
    readonly username: string,
    readonly password: string,
    public user: Json,
    public accessToken: string,
    public refreshToken: string,
  ) {}

  get id(): string {
    return this.user.id as string;
  }

  /** Any call, answered whatever its status. `on` takes another node of the world. */
  call(method: string, path: string, body?: unknown, on: RunningApp = this.world.app): Promise<Answer> {
    return call(on.url, method, path, { body, token: this.accessToken });
  }

  /** A call that must succeed; gives the body. */
  async does(method: string, path: string, body?: unknown, on?: RunningApp): Promise<Json> {
    const answer = await this.call(method, path, body, on);
    if (answer.status >= 300) throw new Error(`${this.username}: ${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  gets = (path: string): Promise<Json> => this.does('GET', path);
  posts = (path: string, body: unknown = {}): Promise<Json> => this.does('POST', path, body);
  puts = (path: string, body: unknown = {}): Promise<Json> => this.does('PUT', path, body);
  patches = (path: string, body: unknown): Promise<Json> => this.does('PATCH', path, body);
  deletes = (path: string): Promise<Json> => this.does('DELETE', path);

  /** The status of a call, and the code of the problem if it is one: what a table of rules compares. */
  async statusOf(method: string, path: string, body?: unknown, on?: RunningApp): Promise<string> {
    const answer = await this.call(method, path, body, on);
    return answer.status < 300 ? String(answer.status) : `${answer.status} ${answer.body.reason ?? answer.body.code}`;
  }

  async becomesPlatformAdmin(): Promise<void> {
    const db = await this.world.database();
    await db.query('UPDATE users SET admin = true WHERE id = $1', [this.id]);
    await db.end();
  }

  /** Connects a device. */
  async connects(auth: Record<string, unknown> = {}, on: RunningApp = this.world.app): Promise<TestSocket> {
    const socket = await TestSocket.open(on.url, { token: this.accessToken, ...auth });
    this.sockets.push(socket);
    this.world.sockets.push(socket);
    return socket;
  }

  async befriends(...others: Person[]): Promise<void> {
    for (const other of others) {
      const { body } = await this.call('POST', '/friend-requests', { userId: other.id });
      if (body.status === 'pending') await other.posts(`/friend-requests/${body.id}/approve`);
      else if (body.status !== 'approved' && body.code !== 'already_friends') throw new Error(JSON.stringify(body));
    }
  }

  /** A room of that type with those people in it, whatever their privacy would need: they are made friends first. */
  async opens(type: 'group' | 'channel' | 'team', name: string, ...others: Person[]): Promise<Json> {
    if (type === 'group') await this.befriends(...others);
    return this.posts('/rooms', { type, name, userIds: others.map((other) => other.id) });
  }

  opensGroup = (...others: Person[]): Promise<Json> => this.opens('group', 'a group', ...others);
  opensChannel = (...others: Person[]): Promise<Json> => this.opens('channel', 'a channel', ...others);
  opensTeam = (...others: Person[]): Promise<Json> => this.opens('team', 'a team', ...others);

  /** Returns the private room with another person, who becomes a friend. */
  async opensPrivate(other: Person): Promise<Json> {
    await this.befriends(other);
    return this.posts('/rooms', { type: 'private_messages', userIds: [other.id] });
  }

  /** Sends by REST and gives the message. */
  sends(room: { id: string }, text: string, more: object = {}): Promise<Json> {
    return this.posts(`/rooms/${room.id}/messages`, { text, ...more });
  }

  page(room: { id: string }, query = ''): Promise<Json> {
    return this.gets(`/rooms/${room.id}/messages${query}`);
  }
}

/** One or more servers on one database, and the people who use them. */
export class World {
  readonly sockets: TestSocket[] = [];
  private readonly nodes: RunningApp[] = [];
  private readonly databases: pg.Client[] = [];
  private static known = 0;

  private constructor(
    readonly app: RunningApp,
    private readonly env: Record<string, string>,
    private readonly stopsApp = true,
  ) {}

  /**
   * A server with default settings that the spec files of a worker share: for those that need no setting, look only at their own users and rooms,
   * and neither change nor count what belongs to others.
   */
  static async shared(): Promise<World> {
    return new World(await sharedApp(), {}, false);
  }

  static async start(env: Record<string, string> = {}): Promise<World> {
    return new World(await startApp({ env }), env);
  }

  /** A world around a server that runs somewhere else, and that nobody here stops. */
  static at(url: string): World {
    return new World({ url } as RunningApp, {}, false);
  }

  get url(): string {
    return this.app.url;
  }

  /** Another process' worth of server on the same database. */
  async node(env: Record<string, string> = {}): Promise<RunningApp> {
    const node = await startApp({ env: { ...this.env, ...env }, databaseUrl: this.app.databaseUrl });
    this.nodes.push(node);
    return node;
  }

  /** Opens a database connection, for what no route shows. Ends with the world, if not before. */
  async database(): Promise<pg.Client> {
    const client = new pg.Client(this.app.databaseUrl);
    this.databases.push(client);
    await client.connect();
    return client;
  }

  /** Registers people; each name is made unique, so that every story may call its people as it likes. */
  async people<const N extends string>(...names: N[]): Promise<Record<N, Person>> {
    const made = await Promise.all(names.map(async (name) => [name, await this.person(name)] as const));
    return Object.fromEntries(made) as Record<N, Person>;
  }

  async person(name: string): Promise<Person> {
    const username = `${name}.${++World.known}.${process.pid}`;
    const password = `the password of ${username}`;
    const answer = await call(this.url, 'POST', '/auth/register', { body: { username, password, displayName: name } });
    if (answer.status !== 201) throw new Error(`register → ${answer.status} ${JSON.stringify(answer.body)}`);
    return new Person(this, username, password, answer.body.user, answer.body.accessToken, answer.body.refreshToken);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.close();
    await Promise.all(this.databases.map((database) => database.end()));
    await Promise.all(this.nodes.map((node) => node.close()));
    if (this.stopsApp) await this.app.close();
    if (TestSocket.faults.length > 0) throw new Error(`not as documented:\n${TestSocket.faults.splice(0).join('\n')}`);
  }
}
