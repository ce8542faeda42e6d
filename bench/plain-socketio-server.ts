import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

// A baseline: stock Socket.IO without a database, one packet a message; with REDIS_URL the stock adapter between processes.

const http = createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404).end();
});
const io = new Server(http, { transports: ['websocket'], serveClient: false });

if (process.env.REDIS_URL) {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  io.adapter(createAdapter(publisher, subscriber));
}

interface Message {
  roomId: string;
  id: string;
  text: string;
}

let seq = 0;
io.on('connection', (socket) => {
  const [userId, ...rooms] = String(socket.handshake.auth.token).split(' ') as [string, ...string[]];
  void socket.join(rooms);
  // The fields of a message of Parley.
  socket.on('message:send', ({ roomId, id, text }: Message, ack: (answer: object) => void) => {
    io.to(roomId).emit('message', { id, roomId, seq: ++seq, senderId: userId, type: 'text', text, createdAt: new Date() });
    ack({ ok: true });
  });
});

http.listen(Number(process.env.PORT), '127.0.0.1', 8_192);
process.on('SIGTERM', () => process.exit(0));
