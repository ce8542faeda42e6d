import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Leaves for tools/test.mjs what came of each spec file. */
export default class {
  onRunComplete(_, { testResults }) {
    const { TEST_COUNTS: file } = process.env;
    if (!file) return;
    const counts = testResults.map((result) => ({
      spec: path.relative(process.cwd(), result.testFilePath),
      passed: result.numPassingTests,
      // A file that cannot be loaded has no tests to fail.
      failed: Math.max(result.numFailingTests, result.testExecError ? 1 : 0),
      skipped: result.numPendingTests + result.numTodoTests,
    }));
    writeFileSync(file, JSON.stringify(counts));
  }
}
