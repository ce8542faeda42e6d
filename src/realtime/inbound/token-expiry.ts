import type { ChatSocket } from '../connection.js';

/** Closes the socket when its token expires, unless a newer one has come by then. */
export function endWhenExpired(socket: ChatSocket): void {
  const wait = (): NodeJS.Timeout => setTimeout(look, Math.max(0, socket.data.expiresAt.getTime() - Date.now())).unref();
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
