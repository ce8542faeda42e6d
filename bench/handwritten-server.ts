import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';

// A baseline: the server of a short tutorial, with Socket.IO and pg. Each message is one transaction and one broadcast.

const http = createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404).end();
});
const io = new Server(http, { transports: ['websocket'], serveClient: false });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

interface Message {
  roomId: string;
  id: string;
  text: string;
}

io.on('connection', (socket) => {
  // The token is the user and the room, and is not verified: that favours the baseline.
  const [userId, roomId] = String(socket.handshake.auth.token).split(' ') as [string, string];
  void socket.join(roomId);
  socket.on('message:send', (message: Message, ack: (answer: object) => void) => {
    post(userId, message).then(
      (row) => {
        io.to(message.roomId).emit('message', row);
        ack({ ok: true });
      },
      (error: unknown) => ack({ ok: false, error: String(error) }),
    );
  });
});

async function post(userId: string, { roomId, id, text }: Message): Promise<object> {
  const member = await pool.query(`SELECT * FROM baseline.room_members WHERE room_id = $1 AND user_id = $2`, [roomId, userId]);
  if (member.rowCount === 0) throw new Error('not a member');
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const head = await client.query(
      `UPDATE baseline.rooms SET last_seq = last_seq + 1, last_message_at = now() WHERE id = $1 RETURNING last_seq`,
      [roomId],
    );
    const { rows } = await client.query(
      `INSERT INTO baseline.messages (id, room_id, seq, sender_id, body) VALUES ($1, $2, $3, $4, $5) RETURNING id, room_id, seq, sender_id, body AS text, created_at`,
      [id, roomId, head.rows[0].last_seq, userId, text],
    );
    await client.query('COMMIT');
    return rows[0] as object;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

http.listen(Number(process.env.PORT), '127.0.0.1', 8_192);
process.on('SIGTERM', () => process.exit(0));
