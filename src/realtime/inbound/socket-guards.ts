import type { Writable } from 'node:stream';
import type { ChatSocket, Connection } from '../hub/connection.js';

/** What a packet costs besides its bytes, so that very many small ones count too. */
const PACKET_COST = 128;
/** A socket that takes what waits for it within this is only in the middle of a burst. */
const BURST_MS = 200;
/** How much of a burst is kept in any case, in bounds. */
const BURST = 4;
/** The same for answers: only a client that asks and never reads gets there. */
const ANSWERS = 16;
/** A socket that has not taken what waits for it within this is cut. */
const PATIENCE_MS = 8_000;
const RESYNC_WITHIN_MS = 1_000;

/**
 * Bounds what waits in this process for one slow socket. Beyond the bound nothing more of the rooms is kept for it: it is told to `resync`
 * behind what waits, and hears the rooms again once it has taken that; one that takes nothing is cut.
 */
export function guardOutbound(connection: Connection, mostBytes: number): void {
  const { socket } = connection;
  const { conn } = socket;
  let waiting = 0;
  let takenAt = performance.now();
  let cut: NodeJS.Timeout | null = null;

  const lag = (): void => {
    cut = setTimeout(() => conn.close(true), PATIENCE_MS).unref();
    connection.lagging = true;
    socket.emit('resync', { withinMs: RESYNC_WITHIN_MS });
  };
  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
    // Judged by what waits already: this packet may leave at once, however large it is.
    const stuck = performance.now() - takenAt > BURST_MS;
    if (!cut && waiting > mostBytes && (stuck || waiting > BURST * mostBytes)) lag();
    if (waiting > ANSWERS * mostBytes) conn.close(true);
    waiting += PACKET_COST + (typeof data === 'string' ? data.length : 0);
  });
  // All that waited is on its way, and all before it has left.
  conn.on('flush', () => {
    waiting = 0;
    takenAt = performance.now();
    if (!cut) return;
    clearTimeout(cut);
    cut = null;
    connection.lagging = false;
  });
  conn.once('close', () => cut && clearTimeout(cut));
}

/**
 * Sends all that waits for a socket by one system call in place of one a packet: what one commit brings to a person in many rooms, and the
 * answer to what they said themselves. Nothing waits longer for it.
 */
export function writeTogether({ conn }: ChatSocket): void {
  let corked: Writable | undefined;
  // Between the two, and within one turn of the event loop, the transport is given its packets.
  conn.on('flush', (packets: unknown[]) => {
    corked = packets.length > 1 ? streamOf(conn.transport) : undefined;
    corked?.cork();
  });
  conn.on('drain', () => {
    corked?.uncork();
    corked = undefined;
  });
}

/** The TCP stream under a WebSocket; nothing for long polling, which has one answer for all packets anyway. */
const streamOf = (transport: { name: string; socket?: { _socket?: Writable } }): Writable | undefined =>
  transport.name === 'websocket' ? transport.socket?._socket : undefined;

/** 24.8 days: a timer for longer fires at once. A token of another service may live longer. */
const LONGEST_MS = 2 ** 31 - 1;

/** Closes the socket when its token expires, unless a newer one has come by then. */
export function endWhenExpired(socket: ChatSocket): void {
  const wait = (): NodeJS.Timeout => setTimeout(look, Math.min(Math.max(0, socket.data.expiresAt - Date.now()), LONGEST_MS)).unref();
  const look = (): void => {
    if (socket.data.expiresAt > Date.now()) {
      timer = wait();
      return;
    }
    socket.emit('session:ended', { reason: 'expired' });
    socket.disconnect(true);
  };
  let timer = wait();
  socket.once('disconnect', () => clearTimeout(timer));
}
