// Runs the specs as tools/build.mjs compiled them, in the worker's own context and not in a vm. The application, the libraries and
// test/support/ are loaded once a worker; specs, and what they share beside test/support/, anew for each spec file.
import { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const ROOT = path.resolve(import.meta.dirname, '../..');
const urlOf = (folder) => `${pathToFileURL(path.join(ROOT, folder)).href}/`;
const [SOURCES, COMPILED] = [urlOf(''), urlOf('dist')].map((url) => url.replace(/\/+$/, '/'));
const GLOBALS = `${urlOf('test/jest')}globals.mjs`;

let files = 0;

const isLoadedAnew = (url) =>
  url.endsWith('.spec.js') || (url.startsWith(`${COMPILED}test/`) && !url.startsWith(`${COMPILED}test/support/`));

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: `${GLOBALS}?${files}`, format: 'module', shortCircuit: true };
    // A module that is not compiled is where its importer's source is.
    const parentURL = specifier.endsWith('.mjs') ? context.parentURL?.replace(COMPILED, SOURCES) : context.parentURL;
    const found = next(specifier, { ...context, parentURL });
    return isLoadedAnew(found.url) ? { ...found, url: `${found.url}?${files}` } : found;
  },
});

/** What Jest asks of the class that its option `runtime` names. */
export default class CompiledRuntime {
  constructor() {
    files++;
  }

  /** jest-circus, which keeps the state of a spec file in its module. */
  requireInternalModule(file) {
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    delete require.cache[file];
    return require(file);
  }

  requireModule(file) {
    return require(file);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(file) {
    return import(pathToFileURL(path.join(ROOT, 'dist', path.relative(ROOT, file))).href.replace(/\.ts$/, '.js'));
  }

  setGlobalsForRuntime(globals) {
    globalThis.jestGlobals = globals;
  }

  /** Jest finds the source map that the compiler leaves beside each module. */
  getSourceMaps() {}

  enterTestCode() {}
  leaveTestCode() {}
  getAllCoverageInfoCopy() {}
  teardown() {}
}
