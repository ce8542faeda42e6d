import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { BodyPipe } from '../../src/common/body.pipe.js';
import { ValidationFailed } from '../../src/common/domain-error.js';

class Tag {
  @IsString() @MaxLength(3) word: string;
}

class Body {
  @IsString() @MaxLength(5) name: string;
  @IsOptional() @IsInt() size?: number;
  @IsOptional() @IsIn(['a', 'b']) kind?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(2) @ValidateNested({ each: true }) @Type(() => Tag) tags?: Tag[];
}

const validate = (value: unknown) => new BodyPipe().transform(value, { type: 'body', metatype: Body });
const errorPaths = async (value: unknown) => {
  const error: unknown = await validate(value).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ValidationFailed);
  return (error as ValidationFailed).extras.errors!.map(({ path }) => path);
};

describe('a body', () => {
  it('becomes an instance of its class', async () => {
    const body = await validate({ name: 'ana', tags: [{ word: 'x' }] });
    expect(body).toBeInstanceOf(Body);
    expect(body).toEqual({ name: 'ana', tags: [{ word: 'x' }] });
  });

  it.each([
    ['a missing field', {}, ['name']],
    ['a wrong type, unconverted', { name: 'ana', size: '1' }, ['size']],
    ['a number for a text', { name: 1 }, ['name', 'name']],
    ['an unknown field', { name: 'ana', admin: true }, ['admin']],
    ['an unknown field, deep', { name: 'ana', tags: [{ word: 'x', id: 1 }] }, ['tags.0.id']],
    ['a wrong field, deep', { name: 'ana', tags: [{ word: 'x' }, { word: 'long' }] }, ['tags.1.word']],
    ['a string for an object', { name: 'ana', tags: ['x'] }, ['tags.0']],
    ['an inherited field', JSON.parse('{"name":"ana","constructor":{"x":1}}'), ['constructor']],
    ['a prototype', JSON.parse('{"name":"ana","__proto__":{"admin":true}}'), ['__proto__']],
    ['nothing', undefined, ['name']],
    ['null', null, ['name']],
    ['a string', 'ana', ['name']],
    ['a list', [{ name: 'ana' }], ['0', 'name']],
    ['an inherited field, deep', JSON.parse('{"name":"ana","tags":[{"word":"x","__proto__":{}}]}'), ['__proto__']],
    ['deep nesting', JSON.parse(`{"name":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), ['']],
  ])('is refused for %s', async (_, value, paths) => {
    expect([...new Set(await errorPaths(value))]).toEqual([...new Set(paths)]);
  });

  it('reports at most twenty errors, and cuts long names', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${'x'.repeat(500)}${i}`, 1]));
    const paths = await errorPaths({ name: 'ana', ...many });
    expect(paths).toHaveLength(20);
    expect(Math.max(...paths.map((path) => path.length))).toBeLessThanOrEqual(100);
  });
});
