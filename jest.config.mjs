// The spec files that tools/test.mjs runs once more.
const again = process.env.TEST_AGAIN?.split(',').map((spec) => `<rootDir>/${spec}`);

export default {
  rootDir: '.',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: again ?? ['**/*.spec.ts'],
  transform: {}, // tools/build.mjs compiles the specs into dist/, where runtime.mjs takes them from
  runtime: '<rootDir>/test/jest/runtime.mjs',
  testEnvironment: '<rootDir>/test/jest/environment.mjs',
  injectGlobals: false,
  testTimeout: 30_000, // a machine may be busy; a test that must be fast sets its own bound
  maxWorkers: 2,
  workerIdleMemoryLimit: '512MB',
  workerGracefulExitTimeout: 10_000,
  reporters: ['default', '<rootDir>/test/jest/counts.mjs'],
  globalSetup: '<rootDir>/test/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/test/jest/global-teardown.mjs',
};
