import type fc from 'fast-check';

/**
 * Reports the counterexample of a failing property in any case: shrinks it only while the test has time.
 * @param ms what the whole test may take
 */
export const within = (ms: number): fc.Parameters<unknown> => ({ interruptAfterTimeLimit: ms * 0.75, markInterruptAsFailure: true });
