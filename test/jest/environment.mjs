import fc from 'fast-check';

// The seed of the run (tools/test.mjs): a spec file that is run once more tries the same cases.
if (process.env.TEST_SEED) fc.configureGlobal({ seed: Number(process.env.TEST_SEED) });

/** The message of jest-worker to a worker for which it has no more work. */
const END = 2;
// Whatever is still open in it would keep the worker.
process.on('message', ([message]) => message === END && process.exit());

/** The worker's own context, in which Jest changes these for each spec file. */
export default class {
  global = globalThis;
  #console = console;
  #exit = process.exit;

  async setup() {}

  async teardown() {
    globalThis.console = this.#console;
    process.exit = this.#exit;
  }

  getVmContext() {
    return null;
  }
}
