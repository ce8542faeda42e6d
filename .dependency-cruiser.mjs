// The import law of architecture.config.mjs, checked on the whole graph (ESLint checks it file by file).
import { modules, OPEN, parts, publicSuffixes } from './architecture.config.mjs';

const rooms = (names) => `^src/(${names.join('|')})/`;
const publicFile = `(${publicSuffixes.map((suffix) => suffix.replaceAll('.', '\\.')).join('|')})$`;
const READS_EVERYTHING = ['ops', 'manage'];
const closed = Object.keys(modules).filter((name) => !OPEN.includes(name));
const domain = closed.filter((name) => !READS_EVERYTHING.includes(name));

const importLaw = Object.entries(modules).map(([name, imports]) => ({
  name: `law-of-${name}`,
  comment: `'${name}' may import ${imports.length > 0 ? imports.join(', ') : 'no other module'}: see architecture.config.mjs.`,
  severity: 'error',
  from: { path: rooms([name]) },
  to: { path: '^(src|migrations)/', pathNot: [...law(name, imports)] },
}));

function law(name, imports) {
  const paths = [rooms([name, ...imports.filter((one) => one !== 'migrations')])];
  if (imports.includes('migrations')) paths.push('^migrations/index\\.ts$');
  if (name === 'manage') paths.push('^src/app\\.module\\.ts$');
  return paths;
}

const partLaw = Object.entries(parts).flatMap(([module, folders]) =>
  Object.entries(folders).map(([name, imports]) => ({
    name: `law-of-${module}/${name}`,
    comment: `'${module}/${name}' may import ${imports.join(', ') || 'no other part of its module'}: see architecture.config.mjs.`,
    severity: 'error',
    from: { path: `^src/${module}/${name}/` },
    to: { path: `^src/${module}/`, pathNot: `^src/${module}/(${[name, ...imports].join('|')})/` },
  })),
);

export default {
  forbidden: [
    ...importLaw,
    ...partLaw,
    {
      name: 'private-file',
      comment: `Others import these files of a module only: ${publicSuffixes.join(' ')}`,
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: [rooms([...READS_EVERYTHING, 'realtime'])] },
      to: { path: rooms(closed), pathNot: ['^src/$1/', publicFile] },
    },
    {
      name: 'private-file-in-realtime',
      comment: 'The gateway takes the same requests as REST, hence their DTOs too; nothing else private.',
      severity: 'error',
      from: { path: rooms(['realtime']) },
      to: { path: rooms(closed), pathNot: [rooms(['realtime']), publicFile, '/dto/[^/]+\\.dto\\.ts$'] },
    },
    {
      name: 'above-everything',
      comment: 'Nobody below imports the module list, the entry points, ops or manage.',
      severity: 'error',
      from: { path: rooms([...OPEN, ...domain]) },
      to: { path: ['^src/[^/]+\\.ts$', rooms(READS_EVERYTHING)] },
    },
    {
      name: 'no-cycle',
      comment: 'Break the cycle; do not reach for forwardRef. Two entities of one module may name each other (Relation<T>).',
      severity: 'error',
      from: { pathNot: '\\.entity\\.ts$' },
      to: { circular: true },
    },
    {
      name: 'migration-alone',
      comment: 'A migration is SQL with reasons: it imports only typeorm and released-sql, which reads a version of a function.',
      severity: 'error',
      from: { path: '^migrations/', pathNot: '^migrations/(index|released-sql)\\.ts$' },
      to: { pathNot: '^node_modules/typeorm/|^migrations/released-sql\\.ts$' },
    },
    {
      name: 'no-orphan',
      comment: 'A file that nobody imports and that imports nobody is dead.',
      severity: 'error',
      from: { orphan: true, path: '^(src|migrations)/' },
      to: {},
    },
    {
      name: 'no-vague-folder',
      comment: 'Name the thing: no utils, helpers or shared.',
      severity: 'error',
      from: { path: '(^|/)(utils?|helpers?|shared)(/|\\.ts$)' },
      to: {},
    },
    {
      name: 'not-to-test',
      comment: 'The product does not know its tests, benches or tools.',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { path: ['^(test|bench|tools|clients)/', '\\.spec\\.ts$'] },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'A package that runs in production belongs to dependencies.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'type-import', 'npm', 'npm-optional'] },
    },
    {
      name: 'no-unlisted-package',
      comment: 'A package that is imported must be in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', comment: 'The file does not exist.', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
