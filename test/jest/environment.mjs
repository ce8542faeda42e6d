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
