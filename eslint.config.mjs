// The rules of the codebase that a machine can check. The import rules come from architecture.config.mjs.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';
import { modules, OPEN, publicSuffixes } from './architecture.config.mjs';
import { foreignRepository } from './tools/eslint/foreign-repository.mjs';

const HTTP_EXCEPTIONS = [
  'HttpException',
  'BadRequestException',
  'UnauthorizedException',
  'ForbiddenException',
  'NotFoundException',
  'ConflictException',
  'GoneException',
  'PayloadTooLargeException',
  'UnsupportedMediaTypeException',
  'UnprocessableEntityException',
  'InternalServerErrorException',
  'ServiceUnavailableException',
];

// Not `no-restricted-imports` twice on one file: the later block would replace the earlier one.
const restrictedImports = (...more) => [
  'error',
  {
    paths: [
      { name: '@nestjs/common', importNames: ['forwardRef'], message: 'Break the cycle instead: imports point down only.' },
      { name: 'node:process', importNames: ['env'], message: 'The environment is read in src/config only.' },
      { name: 'process', message: 'Use the global process.' },
      ...more,
    ],
  },
];

const NO_HTTP_EXCEPTION = {
  name: '@nestjs/common',
  importNames: HTTP_EXCEPTIONS,
  message: 'Throw a subclass of DomainError: a use case knows nothing of HTTP.',
};

const syntax = {
  env: {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'The environment is read in src/config only; inject Settings.',
  },
  reexport: {
    selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]',
    message: 'No barrels: import from the file that declares the name.',
  },
  focused: {
    selector: "CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name='only']",
    message: 'A focused test hides the others.',
  },
  skipped: {
    selector: 'CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(skip|todo|failing)$/]',
    message: 'No skipped tests.',
  },
  slept: {
    selector: "NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout']",
    message: 'No sleep in a test: wait until something is seen.',
  },
  renamed: {
    selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]',
    message: 'No focused or skipped tests.',
  },
};

const elements = [
  ...Object.keys(modules).map((name) => ({ type: name, pattern: `src/${name}` })),
  { type: 'migrations', pattern: 'migrations' },
];

const importLaw = Object.entries(modules).flatMap(([name, imports]) => [
  {
    from: { element: { type: name } },
    allow: { to: { element: { types: { anyOf: imports } }, file: { categories: { anyOf: ['public'] } } } },
  },
  { from: { element: { type: name } }, allow: { to: { element: { types: { anyOf: imports.filter((one) => OPEN.includes(one)) } } } } },
]);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.data/', 'clients/sdk/', 'clients/web/'] },
  {
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-misleading-character-class': ['error', { allowEscape: true }],
      'no-param-reassign': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': false }],
      // Leaves files with decorators alone where the import is needed as metadata.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts'],
    plugins: { boundaries, architecture: { rules: { 'foreign-repository': foreignRepository } } },
    settings: {
      'import/resolver': { typescript: { project: 'tsconfig.json' } },
      'boundaries/elements': elements.map((element) => ({ ...element, partialMatch: false })),
      'boundaries/files': [
        { category: 'app', pattern: 'src/*.ts' },
        { category: 'dto', pattern: 'src/*/dto/*.dto.ts' },
        { category: 'public', pattern: publicSuffixes.map((suffix) => `src/*/**/*${suffix}`) },
      ],
      'boundaries/legacy-templates': false,
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          checkUnknownLocals: true,
          policies: [
            { from: { file: { categories: 'app' } }, allow: { to: { element: { types: { anyOf: Object.keys(modules) } } } } },
            { from: { file: { categories: 'app' } }, allow: { to: { file: { categories: 'app' } } } },
            ...importLaw,
            { from: { element: { type: 'database' } }, allow: { to: { element: { type: 'migrations' } } } },
            { from: { element: { type: 'realtime' } }, allow: { to: { file: { categories: 'dto' } } } },
            {
              from: { element: { types: { anyOf: ['ops', 'manage'] } } },
              allow: { to: { element: { types: { anyOf: Object.keys(modules).filter((name) => name !== 'manage') } } } },
            },
            { from: { element: { type: 'manage' } }, allow: { to: { file: { categories: 'app' } } } },
          ],
        },
      ],
      'architecture/foreign-repository': 'error',
      'max-lines': ['error', { max: 300 }],
      'no-restricted-imports': restrictedImports(NO_HTTP_EXCEPTION),
      'no-restricted-syntax': ['error', syntax.env, syntax.reexport],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      complexity: ['error', { max: 15 }],
      'max-depth': ['error', 3],
      'max-lines-per-function': ['error', { max: 50 }],
      '@typescript-eslint/max-params': ['error', { max: 6 }],
    },
  },
  // An event is a record of what happened, not a service with too many friends.
  { files: ['src/**/*.events.ts'], rules: { '@typescript-eslint/max-params': ['error', { max: 8 }] } },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-syntax': ['error', syntax.reexport] } },
  // Filters and pipes meet the framework's exceptions there.
  { files: ['src/common/**/*.ts'], rules: { 'no-restricted-imports': restrictedImports() } },
  {
    files: ['src/**/index.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'No barrels: name the file after what it holds.' }] },
  },
  {
    files: ['migrations/*.ts'],
    ignores: ['migrations/index.ts', 'migrations/released-sql.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!typeorm$|\\./released-sql\\.js$)', message: 'A migration imports only typeorm and released-sql.' }] },
      ],
    },
  },
  // Output for the terminal.
  { files: ['src/main.ts', 'src/manage.ts', 'src/manage/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '**/*.spec.ts'],
    rules: {
      'max-lines': ['error', { max: 450 }],
      'max-lines-per-function': 'off',
      'no-console': 'off',
      'no-restricted-syntax': ['error', syntax.focused, syntax.skipped, syntax.renamed],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Assertions check the answers of a server, not types.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
  {
    files: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'node:timers/promises', message: 'No sleep in a test: wait until something is seen.' },
        { name: 'timers/promises', message: 'No sleep in a test: wait until something is seen.' },
      ],
      'no-restricted-syntax': ['error', syntax.focused, syntax.skipped, syntax.renamed, syntax.slept],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['console', 'process', 'URL', 'Buffer', 'fetch', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
    rules: { 'no-console': 'off' },
  },
);
