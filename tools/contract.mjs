// Writes contract/*.json from the built code; with --check it only compares. Clients are typed from these files, so that
// a change of the wire is seen in review. Needs no database and no port.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** File → the program that prints it. */
const DOCUMENTS = { 'contract/openapi.json': 'dist/src/openapi.js', 'contract/asyncapi.json': 'dist/src/asyncapi.js' };

const print = (program) => execFileSync(process.execPath, [program], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const stored = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** The first line in which two texts differ, for a message that says where to look. */
function difference(before = '', after) {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const line = fresh.findIndex((text, index) => text !== old[index]);
  return `line ${line + 1}\n  - ${old[line]?.trim() ?? '(nothing)'}\n  + ${fresh[line]?.trim() ?? '(nothing)'}`;
}

mkdirSync('contract', { recursive: true });
for (const [file, program] of Object.entries(DOCUMENTS)) {
  const fresh = print(program);
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (stored(file) !== fresh) {
    console.error(
      `${file} is not what the code says: run npm run contract and look at the difference. First at ${difference(stored(file), fresh)}`,
    );
    process.exitCode = 1;
  }
}
