import { setTimeout as pause } from 'node:timers/promises';

/** Long, because a busy machine is no fault; a test with a tighter bound passes its own. */
export const PATIENCE_MS = 10_000;

/** Waits until `seen` gives something true, and gives it back; after `ms` it fails with `what`. */
export async function until<T>(what: string, seen: () => T | Promise<T>, ms = PATIENCE_MS): Promise<NonNullable<T>> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await seen();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not seen within ${ms} ms: ${what}`);
    await pause(10);
  }
}
