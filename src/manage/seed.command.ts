import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { v5 } from 'uuid';
import { AuthService } from '../auth/auth.service.js';
import { UNKNOWN_DEVICE } from '../auth/session.types.js';
import { Passwords } from '../auth/passwords/passwords.service.js';
import type { Actor } from '../common/actor.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { AlreadyFriends } from '../friends/friends.errors.js';
import { FriendRequestsService } from '../friends/friend-requests.service.js';
import type { CreateRoomDto } from '../rooms/dto/room.dto.js';
import { RoomsService } from '../rooms/rooms.service.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import { Credentials } from '../users/credentials.service.js';
import { CHATTER, NEWS, PEOPLE, PLANS, SEED_PASSWORD, type PersonName } from './seed-script.js';
import { CommandError, type CommandContext } from './command-context.js';

type SeedUsers = Record<PersonName, Actor>;

/** Ids of seeded messages are made from their place, so that a second run sends the very same again, which changes nothing. */
const MESSAGE_IDS = '6f5a1f0e-93f5-4d0c-9d52-0d3a5f6f1c11';

export function seedCommand(program: Command, context: CommandContext): void {
  program
    .command('seed')
    .description('make five people, four rooms and some hundred messages to try things with; never in production')
    .action(() => {
      if (context.settings().production) throw new CommandError('seed makes people with a known password: it is refused in production');
      return context.withApplication(async (app) => {
        if (!app.get(Settings).auth.builtIn) throw new CommandError('seed needs the built-in login: AUTH_BUILT_IN is off');
        const cast = await createUsers(app);
        const rooms = await build(app, cast);
        context.print(`rooms: ${rooms.join(', ')}`);
        context.print('people, all with the password below:');
        for (const [username, displayName] of PEOPLE) context.print(`  ${username}  ${displayName}`);
        context.print(`  password: ${SEED_PASSWORD}`);
        context.print('next: npm run demo');
      });
    });
}

/** Registers whoever is not there yet, and makes them all friends. */
async function createUsers(app: INestApplicationContext): Promise<SeedUsers> {
  const cast: Partial<SeedUsers> = {};
  for (const [username, displayName] of PEOPLE) cast[username] = await person(app, username, displayName);
  const actors = Object.values(cast);
  for (const [index, actor] of actors.entries()) {
    for (const other of actors.slice(index + 1)) await befriend(app.get(FriendRequestsService), actor, other);
  }
  return cast as SeedUsers;
}

async function person(app: INestApplicationContext, username: string, displayName: string): Promise<Actor> {
  const known = await app.get(Credentials).findByUsername(username);
  if (known && !(await app.get(Passwords).matches(SEED_PASSWORD, known.passwordHash))) {
    throw new CommandError(`${username} is an account of somebody else here: seed an empty database`);
  }
  const login = { username, displayName, password: SEED_PASSWORD };
  const userId = known?.userId ?? (await app.get(AuthService).register(login, UNKNOWN_DEVICE)).user.id;
  return { userId, sessionId: null, admin: false };
}

async function befriend(requests: FriendRequestsService, one: Actor, other: Actor): Promise<void> {
  try {
    const { friendRequest } = await requests.createFriendRequest(one, other.userId);
    if (friendRequest.status === 'pending') await requests.approveFriendRequest(other, friendRequest.id);
  } catch (error) {
    if (!(error instanceof AlreadyFriends)) throw error;
  }
}

async function build(app: INestApplicationContext, cast: SeedUsers): Promise<string[]> {
  const others = (...names: PersonName[]): string[] => names.map((name) => cast[name].userId);
  const everybody = others('bob', 'cem', 'dee', 'eva');
  const pair = await app.get(RoomsService).createRoom(cast.ana, { type: 'private_messages', userIds: others('bob') });
  const group = await roomOf(app, cast.ana, { type: 'group', name: 'Weekend trip', userIds: others('bob', 'cem') });
  const news = { type: 'channel', name: 'Parley news', isPublic: true, metaTags: ['news'], userIds: everybody } as const;
  const channel = await roomOf(app, cast.ana, { ...news, metaTags: [...news.metaTags] });
  const team = await roomOf(app, cast.ana, { type: 'team', name: 'Platform team', userIds: everybody });
  await talk(app, cast, pair.room.id, CHATTER, ['ana', 'bob'], 60);
  await talk(app, cast, group, CHATTER, ['ana', 'bob', 'cem'], 120);
  await talk(app, cast, channel, NEWS, ['ana'], 24);
  await talk(app, cast, team, PLANS, ['dee', 'ana', 'eva', 'bob', 'cem'], 100);
  return ['ana and bob', 'Weekend trip', 'Parley news', 'Platform team'];
}

/** The room of that name that the person made, made now if there is none. */
async function roomOf(app: INestApplicationContext, maker: Actor, dto: CreateRoomDto): Promise<string> {
  const [known] = await app
    .get(Transactions)
    .query<{ id: string }>(`SELECT id FROM rooms WHERE created_by = $1 AND name = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1`, [
      maker.userId,
      dto.name,
    ]);
  return known?.id ?? (await app.get(RoomsService).createRoom(maker, dto)).room.id;
}

/** `count` lines of the script, said in turn. */
async function talk(
  app: INestApplicationContext,
  cast: SeedUsers,
  roomId: string,
  script: readonly string[],
  speakers: readonly PersonName[],
  count: number,
): Promise<void> {
  const said = Array.from({ length: count }, (_, index) => {
    const speaker = cast[speakers[index % speakers.length] ?? 'ana'];
    const id = v5(`${roomId} ${index}`, MESSAGE_IDS);
    return app.get(MessageWriter).sendMessage(speaker, { roomId, id, text: script[index % script.length] ?? '' });
  });
  await Promise.all(said);
}
