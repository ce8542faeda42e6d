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
import { CHATTER, NEWS, SEED_USERS, PLANS, SEED_PASSWORD, type SeedUsername } from './seed-script.js';
import { CommandError, type CommandContext } from './command-context.js';

type SeedUsers = Record<SeedUsername, Actor>;

/** Namespace of the ids of seeded messages: a second run sends the same ids again, which changes nothing. */
const MESSAGE_IDS = '6f5a1f0e-93f5-4d0c-9d52-0d3a5f6f1c11';

export function seedCommand(program: Command, context: CommandContext): void {
  program
    .command('seed')
    .description('create five users, four rooms and about 300 messages to try Parley with; refused in production')
    .action(() => {
      if (context.settings().production) throw new CommandError('seed creates users with a known password: it is refused in production');
      return context.withApplication(async (app) => {
        if (!app.get(Settings).auth.builtIn) throw new CommandError('seed needs the built-in login: set AUTH_BUILT_IN=on');
        const users = await createUsers(app);
        const rooms = await createRooms(app, users);
        context.print(`rooms: ${rooms.join(', ')}`);
        context.print('users, all with the same password:');
        for (const [username, displayName] of SEED_USERS) context.print(`  ${username}  ${displayName}`);
        context.print(`  password: ${SEED_PASSWORD}`);
        context.print('next: npm run demo');
      });
    });
}

/** Registers the users that do not exist, and makes all of them friends. */
async function createUsers(app: INestApplicationContext): Promise<SeedUsers> {
  const users: Partial<SeedUsers> = {};
  for (const [username, displayName] of SEED_USERS) users[username] = await createUser(app, username, displayName);
  const actors = Object.values(users);
  for (const [index, actor] of actors.entries()) {
    for (const other of actors.slice(index + 1)) await befriend(app.get(FriendRequestsService), actor, other);
  }
  return users as SeedUsers;
}

async function createUser(app: INestApplicationContext, username: string, displayName: string): Promise<Actor> {
  const known = await app.get(Credentials).findByUsername(username);
  if (known && !(await app.get(Passwords).matches(SEED_PASSWORD, known.passwordHash))) {
    throw new CommandError(`${username} exists with another password: seed an empty database`);
  }
  const login = { username, displayName, password: SEED_PASSWORD };
  const userId = known?.userId ?? (await app.get(AuthService).register(login, UNKNOWN_DEVICE)).user.id;
  return { userId, sessionId: null, admin: false };
}

async function befriend(requests: FriendRequestsService, actor: Actor, other: Actor): Promise<void> {
  try {
    const { friendRequest } = await requests.createFriendRequest(actor, other.userId);
    if (friendRequest.status === 'pending') await requests.approveFriendRequest(other, friendRequest.id);
  } catch (error) {
    if (!(error instanceof AlreadyFriends)) throw error;
  }
}

async function createRooms(app: INestApplicationContext, users: SeedUsers): Promise<string[]> {
  const others = (...names: SeedUsername[]): string[] => names.map((name) => users[name].userId);
  const everyone = others('bob', 'cem', 'dee', 'eva');
  const pair = await app.get(RoomsService).createRoom(users.ana, { type: 'private_messages', userIds: others('bob') });
  const group = await getOrCreateRoom(app, users.ana, { type: 'group', name: 'Weekend trip', userIds: others('bob', 'cem') });
  const news = { type: 'channel', name: 'Parley news', isPublic: true, metaTags: ['news'], userIds: everyone } as const;
  const channel = await getOrCreateRoom(app, users.ana, { ...news, metaTags: [...news.metaTags] });
  const team = await getOrCreateRoom(app, users.ana, { type: 'team', name: 'Platform team', userIds: everyone });
  await sendMessages(app, users, pair.room.id, CHATTER, ['ana', 'bob'], 60);
  await sendMessages(app, users, group, CHATTER, ['ana', 'bob', 'cem'], 120);
  await sendMessages(app, users, channel, NEWS, ['ana'], 24);
  await sendMessages(app, users, team, PLANS, ['dee', 'ana', 'eva', 'bob', 'cem'], 100);
  return ['ana and bob', 'Weekend trip', 'Parley news', 'Platform team'];
}

/** Returns the room of that name that the user created, or creates it. */
async function getOrCreateRoom(app: INestApplicationContext, creator: Actor, dto: CreateRoomDto): Promise<string> {
  const [known] = await app
    .get(Transactions)
    .query<{ id: string }>(`SELECT id FROM rooms WHERE created_by = $1 AND name = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1`, [
      creator.userId,
      dto.name,
    ]);
  return known?.id ?? (await app.get(RoomsService).createRoom(creator, dto)).room.id;
}

/** Sends `count` lines of the script, each speaker in turn. */
async function sendMessages(
  app: INestApplicationContext,
  users: SeedUsers,
  roomId: string,
  script: readonly string[],
  speakers: readonly SeedUsername[],
  count: number,
): Promise<void> {
  const sends = Array.from({ length: count }, (_, index) => {
    const speaker = users[speakers[index % speakers.length] ?? 'ana'];
    const id = v5(`${roomId} ${index}`, MESSAGE_IDS);
    return app.get(MessageWriter).sendMessage(speaker, { roomId, id, text: script[index % script.length] ?? '' });
  });
  await Promise.all(sends);
}
