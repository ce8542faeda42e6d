import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `seen` gives something true, and gives it back; after `ms` it fails with `what`. */
export async function until<T>(what: string, seen: () => T | Promise<T>, ms = 5_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await seen();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not seen within ${ms} ms: ${what}`);
    await pause(10);
  }
}
