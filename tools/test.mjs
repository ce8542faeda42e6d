// npm test: runs Jest with the arguments given, and then once more, one by one, the spec files that failed. One that passes alone is printed as
// `flaky: …` and does not fail the run. The last line is 'N passed, N failed, N skipped', each spec file counted as it ended.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const JEST = fileURLToPath(import.meta.resolve('jest/bin/jest'));
process.chdir(path.resolve(import.meta.dirname, '..'));
// Workers, and servers that specs start, need not compile what an earlier one did.
const NODE_COMPILE_CACHE = path.resolve('node_modules/.cache/parley-test');
// fast-check prints it where a property fails.
const TEST_SEED = String(randomInt(2 ** 31));
const args = process.argv.slice(2);

const WORKERS = /^(-w|--maxWorkers|-i|--runInBand)\b/;
const isNotOfWorkers = (arg, at) => !WORKERS.test(arg) && !/^(-w|--maxWorkers)$/.test(args[at - 1]);

/** Spec file → its counts, and the exit code of Jest. Ends as Jest did if that gave no counts. */
function runJest(again = []) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parley-counts-'));
  const TEST_COUNTS = path.join(folder, 'counts.json');
  const env = { NODE_COMPILE_CACHE, TEST_SEED, ...process.env, TEST_COUNTS, ...(again.length > 0 && { TEST_AGAIN: again.join(',') }) };
  const options = again.length > 0 ? [...args.filter(isNotOfWorkers), '--runInBand'] : args;
  const { status, signal } = spawnSync(process.execPath, [JEST, ...options], { stdio: 'inherit', env });
  const counts = existsSync(TEST_COUNTS) && JSON.parse(readFileSync(TEST_COUNTS, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  if (signal) process.kill(process.pid, signal);
  if (!counts) process.exit(status ?? 1);
  return { status, bySpec: new Map(counts.map(({ spec, ...count }) => [spec, count])) };
}

let { status, bySpec: counts } = runJest();
const failed = [...counts].filter(([, count]) => count.failed > 0).map(([spec]) => spec);
if (failed.length > 0) {
  console.log(`\nOnce more, alone: ${failed.join(', ')}`);
  const again = runJest(failed);
  status = again.status;
  counts = new Map([...counts, ...again.bySpec]);
}
const sum = (what) => [...counts.values()].reduce((total, count) => total + count[what], 0);
console.log();
for (const spec of failed.filter((one) => counts.get(one).failed === 0)) console.log(`flaky: ${spec}`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') > 0 ? 1 : status;
