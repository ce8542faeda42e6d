// Brings dist/ up to date, and does nothing when it is: node tools/build.mjs [bench] [test]
import './require-node.mjs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const APPLICATION = ['src', 'migrations'];

/** Name of a program → its folders besides those of the application. Its settings are in tsconfig.<name>.json. */
const PROGRAMS = { build: [], bench: ['bench'], test: ['test'] };

const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : [];

/** By content: a git checkout changes modification times. */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function bringUpToDate(name) {
  const sources = [...APPLICATION, ...PROGRAMS[name]].flatMap(filesOf);
  const hash = hashOf([...sources, 'tsconfig.json', `tsconfig.${name}.json`, 'package-lock.json']);
  const stamp = `dist/${name}.sha256`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;

  console.error(`Building ${name === 'build' ? 'the application' : name} ...`);
  rmSync(stamp, { force: true });
  const { status } = spawnSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', `tsconfig.${name}.json`], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
  copyAssets(sources);
  removeStale(name, sources);
  writeFileSync(stamp, hash);
}

/** Copies files that are not TypeScript; the code reads them at run time from its own folder. */
function copyAssets(sources) {
  for (const file of sources.filter((file) => !file.endsWith('.ts'))) {
    mkdirSync(path.dirname(path.join('dist', file)), { recursive: true });
    copyFileSync(file, path.join('dist', file));
  }
}

/** Removes the output of deleted sources, which the compiler keeps. */
function removeStale(name, sources) {
  const expected = new Set(
    sources.flatMap((file) => (file.endsWith('.ts') ? ['.js', '.js.map'].map((end) => file.replace(/\.ts$/, end)) : file)),
  );
  const folders = name === 'build' ? APPLICATION : PROGRAMS[name];
  for (const file of folders.flatMap((folder) => filesOf(path.join('dist', folder))))
    if (!expected.has(path.relative('dist', file))) rmSync(file);
}

process.chdir(path.resolve(import.meta.dirname, '..'));
for (const name of ['build', ...process.argv.slice(2)]) bringUpToDate(name);
