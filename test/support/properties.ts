import type fc from 'fast-check';

/** `TEST_RUNS=10` tries ten times as much as usual, in ten times the time. */
const RUNS = Number(process.env.TEST_RUNS ?? 1);
/** fast-check prints the seed of a run that failed; `TEST_SEED` repeats it. */
const SEED: fc.Parameters<unknown> = process.env.TEST_SEED ? { seed: Number(process.env.TEST_SEED) } : {};

/** How many cases are tried. */
export const runsOf = (usual: number): number => Math.ceil(usual * RUNS);
/** How long the whole test may take. */
export const limitOf = (usualMs: number): number => usualMs * Math.max(1, RUNS);

/** A property that is made smaller only while the test has time: what fails it is printed in any case. */
export const property = (usual: number, usualMs: number): fc.Parameters<unknown> => ({
  ...SEED,
  numRuns: runsOf(usual),
  interruptAfterTimeLimit: limitOf(usualMs) * 0.75,
  markInterruptAsFailure: true,
});

/** A property that may hold the next time: one whose cases change what the next ones find, or race. */
export const unrepeatable = (usual: number): fc.Parameters<unknown> => ({ ...SEED, numRuns: runsOf(usual), endOnFailure: true });
