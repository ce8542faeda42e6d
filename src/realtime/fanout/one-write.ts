import type { Writable } from 'node:stream';
import type { ChatSocket } from '../connection.js';

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
