import type fc from 'fast-check';

/**
 * Of a property that fails, what fails it is told in any case: it is made smaller only while the test has time.
 * @param ms what the whole test may take
 */
export const within = (ms: number): fc.Parameters<unknown> => ({ interruptAfterTimeLimit: ms * 0.75, markInterruptAsFailure: true });
