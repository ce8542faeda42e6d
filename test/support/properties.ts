import type fc from 'fast-check';

/** `TEST_RUNS=10` tries ten times as much as usual, in ten times the time. */
const RUNS = Number(process.env.TEST_RUNS ?? 1);

/** How many cases are tried. */
export const runsOf = (usual: number): number => Math.ceil(usual * RUNS);
/** How long the whole test may take. */
export const limitOf = (usualMs: number): number => usualMs * Math.max(1, RUNS);

/** A property that is made smaller only while the test has time: what fails it is printed in any case. */
export const property = (usual: number, usualMs: number): fc.Parameters<unknown> => ({
  numRuns: runsOf(usual),
  interruptAfterTimeLimit: limitOf(usualMs) * 0.75,
  markInterruptAsFailure: true,
});

/** A property that may hold the next time: one whose cases change what the next ones find, or race. */
export const unrepeatable = (usual: number): fc.Parameters<unknown> => ({ numRuns: runsOf(usual), endOnFailure: true });
