// Only the module of an entity may use its TypeORM repository or a manager call for it. Other modules may use the class in types and relations.
import { dirname, relative, resolve, sep } from 'node:path';

/** Calls whose first argument is the entity class to read or write. */
const REPOSITORY_CALLS = new Set(['InjectRepository', 'getRepository', 'getTreeRepository', 'getRepositoryToken', 'forFeature']);
const MANAGER_CALLS = new Set(
  (
    'find findBy findAndCount findAndCountBy findOne findOneBy findOneOrFail findOneByOrFail exists existsBy count countBy sum average ' +
    'minimum maximum save insert update upsert delete softDelete restore remove softRemove recover increment decrement clear create preload ' +
    'createQueryBuilder from into innerJoin leftJoin innerJoinAndSelect leftJoinAndSelect innerJoinAndMapOne leftJoinAndMapOne'
  ).split(' '),
);

const moduleOf = (root, file) => {
  const [top, name, ...rest] = relative(root, file).split(sep);
  return top === 'src' && rest.length > 0 ? name : undefined;
};

const calledName = (callee) => {
  if (callee.type === 'Identifier') return callee.name;
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : undefined;
};

const identifiersIn = (argument) => {
  if (argument.type === 'Identifier') return [argument];
  return argument.type === 'ArrayExpression' ? argument.elements.filter((element) => element?.type === 'Identifier') : [];
};

export const foreignRepository = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'Use the TypeORM repository of an entity in its own module only.' },
    messages: { foreign: "{{entity}} belongs to '{{home}}': call a service of that module instead of using its repository here." },
  },
  create(context) {
    const home = moduleOf(context.cwd, context.filename);
    const foreign = new Map();
    return {
      ImportDeclaration(node) {
        const source = String(node.source.value);
        if (!source.startsWith('.') || !source.endsWith('.entity.js')) return;
        const owner = moduleOf(context.cwd, resolve(dirname(context.filename), source));
        if (owner === undefined || owner === home) return;
        for (const specifier of node.specifiers) foreign.set(specifier.local.name, owner);
      },
      CallExpression(node) {
        const name = calledName(node.callee);
        if (!REPOSITORY_CALLS.has(name) && !MANAGER_CALLS.has(name)) return;
        for (const identifier of node.arguments.slice(0, 1).flatMap(identifiersIn)) {
          const owner = foreign.get(identifier.name);
          if (owner) context.report({ node: identifier, messageId: 'foreign', data: { entity: identifier.name, home: owner } });
        }
      },
    };
  },
};
