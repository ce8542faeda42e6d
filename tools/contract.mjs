// Writes contract/*.json from the built code; with --check it only compares. Clients are typed from these files, so a change of the
// wire shows in review. Needs no database and no port.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const printed = execFileSync(process.execPath, ['dist/src/print-contract.js'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const stored = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** The first line in which two texts differ. */
function difference(before = '', after) {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const line = fresh.findIndex((text, index) => text !== old[index]);
  return `line ${line + 1}\n  - ${old[line]?.trim() ?? '(nothing)'}\n  + ${fresh[line]?.trim() ?? '(nothing)'}`;
}

mkdirSync('contract', { recursive: true });
for (const [name, document] of Object.entries(JSON.parse(printed))) {
  const file = `contract/${name}.json`;
  const fresh = `${JSON.stringify(document, null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (stored(file) !== fresh) {
    console.error(`${file} differs from the code at ${difference(stored(file), fresh)}\nRun npm run contract and review the difference.`);
    process.exitCode = 1;
  }
}
