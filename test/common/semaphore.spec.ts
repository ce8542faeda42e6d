import { describe, expect, it } from '@jest/globals';
import { Semaphore } from '../../src/common/semaphore.js';

/** Work that runs until it is ended. */
function openWork() {
  let end = (): void => undefined;
  let begun = false;
  const done = new Promise<void>((resolve) => (end = resolve));
  return { end: () => end(), isBegun: () => begun, run: () => ((begun = true), done) };
}

describe('a semaphore', () => {
  it('runs at most its limit at a time, the others first come, first served', async () => {
    const semaphore = new Semaphore(2);
    const works = [openWork(), openWork(), openWork(), openWork()];
    const runs = works.map(({ run }) => semaphore.run(run));
    expect(works.map(({ isBegun }) => isBegun())).toEqual([true, true, false, false]);
    expect(semaphore.size).toBe(4);
    works[1]!.end();
    await runs[1];
    expect(works.map(({ isBegun }) => isBegun())).toEqual([true, true, true, false]);
    for (const { end } of works) end();
    await Promise.all(runs);
    expect(semaphore.size).toBe(0);
  });

  it('rejects work that has not begun in time, and runs the next ones', async () => {
    const semaphore = new Semaphore(1);
    const [first, second] = [openWork(), openWork()];
    const running = semaphore.run(first.run);
    const late = semaphore.run(second.run, { ms: 1, error: () => new Error('too late') });
    await expect(late).rejects.toThrow('too late');
    expect([second.isBegun(), semaphore.size]).toEqual([false, 1]);
    first.end();
    await running;
    expect(await semaphore.run(() => Promise.resolve('next'))).toBe('next');
  });

  it('passes the slot on when work fails', async () => {
    const semaphore = new Semaphore(1);
    const failing = semaphore.run(() => Promise.reject(new Error('failed')));
    const next = semaphore.run(() => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('next');
  });
});
