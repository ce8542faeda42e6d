// Finds retired words in code, comments, tests, documents and the contract: node tools/words.mjs [path …]. Exits with 1 where there are any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { FROZEN, retiredIn } from './retired-words.mjs';

const FILES = /\.(ts|mjs|mts|md|json|sql|sh|yml|txt)$|\.env\.example$/;
// The lists themselves, what npm writes, and words that a test or an index is about.
const LEFT_OUT =
  /^(tools\/(retired-)?words\.mjs|tools\/eslint\/|package(-lock)?\.json|docs\/glossary\.md|LICENSE)|common-passwords|^migrations\/.*\.v1\.sql$/;
/** In released migrations only comments may change. */
const COMMENTS_ONLY = /^migrations\//;

const WORD = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

const paths = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '--', ...paths], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => FILES.test(file) && !LEFT_OUT.test(file));

let found = 0;
for (const file of files) {
  const retired = retiredIn(file.includes('/') ? file.slice(0, file.indexOf('/')) : '.');
  const text = readFileSync(file, 'utf8');
  for (const [index, line] of text.split('\n').entries()) {
    const kept = FROZEN.reduce((rest, pattern) => rest.replace(pattern, ''), COMMENTS_ONLY.test(file) ? comment(line) : line);
    for (const [word] of kept.matchAll(WORD)) {
      const use = retired.get(word.toLowerCase());
      if (!use) continue;
      found++;
      console.log(`${file}:${index + 1}: '${word}' is retired; use: ${use}`);
    }
  }
}
if (found > 0) {
  console.error(`${found} retired words; docs/glossary.md has the terms.`);
  process.exitCode = 1;
}

function comment(line) {
  return /(?:\/\/|^\s*\/?\*|--)(.*)/.exec(line)?.[1] ?? '';
}
