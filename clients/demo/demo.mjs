// Two people of the seed talk for a moment, over real sockets, and each line says what one of them hears.
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
  if (!answer) throw new Error(`Nobody answers at ${url}: start Parley with npm start`);
  if (!answer.ok) throw new Error(`${username} cannot log in (${answer.status}): make the people first with npm run manage -- seed`);
  return answer.json();
}

async function connect(username) {
  const { accessToken: token, user } = await login(username);
  const socket = io(url, { transports: ['websocket'], auth: { token } });
  const hear = (line) => console.log(`${`${username} hears`.padEnd(11)} ${line}`);
  socket.on('messages:created', ({ messages }) => messages.forEach((m) => hear(`#${m.seq} ${m.user.username}: ${m.text}`)));
  socket.on('messages:updated', ({ causes, rev }) => causes.forEach((c) => hear(`rev ${rev}: ${c.kind} ${c.reaction ?? ''}`)));
  socket.on('typing', ({ typing }) => hear(typing ? '… somebody is typing' : '… nobody is typing'));
  socket.on('room:read', ({ seq }) => hear(`read up to #${seq}`));
  const ready = await new Promise((resolve, reject) => {
    socket.once('ready', resolve);
    socket.once('connect_error', reject);
  });
  hear(`ready: ${ready.rooms.length} rooms, ${ready.rooms.reduce((sum, room) => sum + room.unreadCount, 0)} unread`);
  return { socket, user, token };
}

async function say(person, event, payload) {
  const ack = await person.socket.emitWithAck(event, payload);
  if (!ack.ok) throw new Error(`${event}: ${JSON.stringify(ack.error)}`);
  return ack;
}

try {
  const ana = await connect('ana');
  const bob = await connect('bob');
  const rooms = await fetch(`${url}/v1/rooms?type=private_messages`, { headers: { authorization: `Bearer ${ana.token}` } });
  const room = (await rooms.json()).items.find(({ otherUser }) => otherUser?.id === bob.user.id);
  const heard = (person, event) => new Promise((resolve) => person.socket.once(event, resolve));

  const typing = heard(bob, 'typing');
  await say(ana, 'typing', { roomId: room.id, typing: true });
  await typing;
  const hello = heard(bob, 'messages:created');
  const { message } = await say(ana, 'message:send', { roomId: room.id, id: randomUUID(), text: `Lunch at ${new Date().getHours() + 1}?` });
  await hello;
  const read = heard(ana, 'room:read');
  await say(bob, 'room:read', { roomId: room.id, seq: message.seq });
  const reacted = heard(ana, 'messages:updated');
  await say(bob, 'reaction:add', { roomId: room.id, messageId: message.id, reaction: '👍' });
  await reacted;
  const answer = heard(ana, 'messages:created');
  await say(bob, 'message:send', { roomId: room.id, id: randomUUID(), text: 'Gladly!', replyToId: message.id });
  await answer;
  await read;
  ana.socket.disconnect();
  bob.socket.disconnect();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
