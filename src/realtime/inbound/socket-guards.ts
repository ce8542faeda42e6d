import type { Writable } from 'node:stream';
import type { ChatSocket, Connection } from '../hub/connection.js';

/** Counted for each packet besides its bytes, so that many small packets count, too. */
const PACKET_COST = 128;
/** A socket whose buffer was flushed within this time is not slow: it is in a burst. */
const BURST_MS = 200;
/** How many times the limit is buffered in a burst. */
const BURST_FACTOR = 4;
/** How many times the limit is buffered at all. Only acks get there, of a client that sends and never reads. */
const ACKS_FACTOR = 16;
/** A lagging socket that is not flushed within this time is disconnected. */
const MAX_LAG_MS = 8_000;
const RESYNC_WITHIN_MS = 1_000;
/** 24.8 days, the longest timer. A token of another issuer may be valid for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Limits what is buffered for a slow socket. Beyond the limit packets of rooms are dropped for it: it receives `resync` after the buffered
 * packets, and further packets when its buffer was flushed. A socket that is never flushed is disconnected.
 */
export function guardOutbound(connection: Connection, maxBytes: number): void {
  const { socket } = connection;
  const { conn } = socket;
  let buffered = 0;
  let flushedAt = performance.now();
  let disconnect: NodeJS.Timeout | null = null;

  const startLag = (): void => {
    disconnect = setTimeout(() => conn.close(true), MAX_LAG_MS).unref();
    connection.lagging = true;
    socket.emit('resync', { withinMs: RESYNC_WITHIN_MS });
  };
  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
    // This packet does not count yet: it may be sent at once, however large it is.
    const isSlow = performance.now() - flushedAt > BURST_MS;
    if (!disconnect && buffered > maxBytes && (isSlow || buffered > BURST_FACTOR * maxBytes)) startLag();
    if (buffered > ACKS_FACTOR * maxBytes) conn.close(true);
    buffered += PACKET_COST + (typeof data === 'string' ? data.length : 0);
  });
  // The transport takes the whole buffer, after it has sent the one before.
  conn.on('flush', () => {
    buffered = 0;
    flushedAt = performance.now();
    if (!disconnect) return;
    clearTimeout(disconnect);
    disconnect = null;
    connection.lagging = false;
  });
  conn.once('close', () => disconnect && clearTimeout(disconnect));
}

/**
 * Writes all packets of one flush in one system call: the packets that one commit brings to a user in many rooms, and the ack of a send. Delays
 * nothing.
 */
export function writeTogether({ conn }: ChatSocket): void {
  let corked: Writable | undefined;
  // The transport is given the packets between the two events, in the same turn of the event loop.
  conn.on('flush', (packets: unknown[]) => {
    corked = packets.length > 1 ? streamOf(conn.transport) : undefined;
    corked?.cork();
  });
  conn.on('drain', () => {
    corked?.uncork();
    corked = undefined;
  });
}

/** Returns the TCP stream of a WebSocket; nothing for long polling, which answers all packets at once anyway. */
const streamOf = (transport: { name: string; socket?: { _socket?: Writable } }): Writable | undefined =>
  transport.name === 'websocket' ? transport.socket?._socket : undefined;

/** Disconnects the socket when its token expires, unless a newer token has replaced it. */
export function endWhenExpired(socket: ChatSocket): void {
  const wait = (): NodeJS.Timeout => setTimeout(check, Math.min(Math.max(0, socket.data.expiresAt - Date.now()), MAX_TIMER_MS)).unref();
  const check = (): void => {
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
