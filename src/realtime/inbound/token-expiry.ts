import type { ChatSocket } from '../connection.js';

/** 24.8 days: a timer for longer fires at once. A token of another service may live longer. */
const LONGEST_MS = 2 ** 31 - 1;

/** Closes the socket when its token expires, unless a newer one has come by then. */
export function endWhenExpired(socket: ChatSocket): void {
  const wait = (): NodeJS.Timeout =>
    setTimeout(look, Math.min(Math.max(0, socket.data.expiresAt.getTime() - Date.now()), LONGEST_MS)).unref();
  const look = (): void => {
    if (socket.data.expiresAt.getTime() > Date.now()) {
      timer = wait();
      return;
    }
    socket.emit('session:ended', { reason: 'expired' });
    socket.disconnect(true);
  };
  let timer = wait();
  socket.once('disconnect', () => clearTimeout(timer));
}
