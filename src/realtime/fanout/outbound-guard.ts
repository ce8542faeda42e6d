import type { ChatSocket } from '../connection.js';
import { LAGGING } from '../socket-server.service.js';

/** What a packet costs besides its bytes, so that very many small ones count too. */
const PACKET_COST = 128;
/** A socket that has not taken what waits for it within this is cut. */
const PATIENCE_MS = 8_000;
const RESYNC_WITHIN_MS = 1_000;

/**
 * Bounds what waits in this process for one slow socket. Beyond the bound nothing more is kept for it: it is told to `resync` behind what
 * waits, and hears the rooms again once it has taken that; one that takes nothing is cut.
 */
export function guardOutbound(socket: ChatSocket, mostBytes: number): void {
  const { conn } = socket;
  let waiting = 0;
  let cut: NodeJS.Timeout | null = null;

  const lag = (): void => {
    cut = setTimeout(() => conn.close(true), PATIENCE_MS).unref();
    void socket.join(LAGGING);
    socket.emit('resync', { withinMs: RESYNC_WITHIN_MS });
  };
  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
    waiting += PACKET_COST + (typeof data === 'string' ? data.length : 0);
    if (waiting > mostBytes && !cut) lag();
    // Answers to a client that sends but never reads.
    if (waiting > 2 * mostBytes) conn.close(true);
  });
  // All that waited is on its way, and all before it has left.
  conn.on('flush', () => {
    waiting = 0;
    if (!cut) return;
    clearTimeout(cut);
    cut = null;
    void socket.leave(LAGGING);
  });
  conn.once('close', () => cut && clearTimeout(cut));
}
