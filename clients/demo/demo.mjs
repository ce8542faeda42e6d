// Two users of the seed chat for a moment, over real sockets; each line shows what one of them receives.
//   npm start; npm run manage -- seed; npm run demo [url]
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';

const url = process.argv[2] ?? process.env.PARLEY_URL ?? 'http://127.0.0.1:3000';
const PASSWORD = 'parley demo pass';

async function login(username) {
  const answer = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD }),
  }).catch(() => undefined);
  if (!answer) throw new Error(`No server answers at ${url}: start Parley with npm start`);
  if (!answer.ok) throw new Error(`${username} cannot log in (${answer.status}): create the users first with npm run manage -- seed`);
  return answer.json();
}

async function connect(username) {
  const { accessToken: token, user } = await login(username);
  const socket = io(url, { transports: ['websocket'], auth: { token } });
  const print = (line) => console.log(`${`${username} receives`.padEnd(13)} ${line}`);
  socket.on('messages:created', ({ messages }) => messages.forEach((m) => print(`#${m.seq} ${m.user.username}: ${m.text}`)));
  socket.on('messages:updated', ({ causes, rev }) => causes.forEach((c) => print(`rev ${rev}: ${c.kind} ${c.reaction ?? ''}`)));
  socket.on('typing', ({ typing }) => print(typing ? 'typing …' : 'no longer typing'));
  socket.on('room:read', ({ seq }) => print(`read up to #${seq}`));
  const ready = await new Promise((resolve, reject) => {
    socket.once('ready', resolve);
    socket.once('connect_error', reject);
  });
  print(`ready: ${ready.rooms.length} rooms, ${ready.rooms.reduce((sum, room) => sum + room.unreadCount, 0)} unread`);
  return { socket, user, token };
}

async function emit(user, event, payload) {
  const ack = await user.socket.emitWithAck(event, payload);
  if (!ack.ok) throw new Error(`${event}: ${JSON.stringify(ack.error)}`);
  return ack;
}

try {
  const ana = await connect('ana');
  const bob = await connect('bob');
  const rooms = await fetch(`${url}/v1/rooms?type=private_messages`, { headers: { authorization: `Bearer ${ana.token}` } });
  const room = (await rooms.json()).items.find(({ otherUser }) => otherUser?.id === bob.user.id);
  const received = (user, event) => new Promise((resolve) => user.socket.once(event, resolve));

  const typing = received(bob, 'typing');
  await emit(ana, 'typing', { roomId: room.id, typing: true });
  await typing;
  const hello = received(bob, 'messages:created');
  const { message } = await emit(ana, 'message:send', {
    roomId: room.id,
    id: randomUUID(),
    text: `Lunch at ${new Date().getHours() + 1}?`,
  });
  await hello;
  const read = received(ana, 'room:read');
  await emit(bob, 'room:read', { roomId: room.id, seq: message.seq });
  const reacted = received(ana, 'messages:updated');
  await emit(bob, 'reaction:add', { roomId: room.id, messageId: message.id, reaction: '👍' });
  await reacted;
  const answer = received(ana, 'messages:created');
  await emit(bob, 'message:send', { roomId: room.id, id: randomUUID(), text: 'Gladly!', replyToId: message.id });
  await answer;
  await read;
  ana.socket.disconnect();
  bob.socket.disconnect();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
