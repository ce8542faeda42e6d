import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { World } from '../support/world.js';

// Runs docs/recipes.md as it is: each program, with the helper before it, as a process of its own, prints what the page shows below it.

const page = readFileSync('docs/recipes.md', 'utf8');

interface Recipe {
  readonly title: string;
  readonly program: string;
  readonly prints: string;
}

const [, helper = ''] = /## The helper\n[^]*?```js\n([^]*?)```/.exec(page) ?? [];
const recipes: Recipe[] = page
  .split(/^## /m)
  .slice(2)
  .flatMap((section) => {
    const title = section.split('\n', 1)[0]!;
    return [...section.matchAll(/```js\n([^]*?)```\n\n```text\n([^]*?)```/g)].map(([, program = '', prints = '']) => ({
      title,
      program,
      prints,
    }));
  });

describe('a recipe', () => {
  let world: World;
  beforeAll(async () => void (world = await World.shared()));
  afterAll(() => world.stop());

  it.each(recipes.map((recipe) => [recipe.title, recipe] as const))('%s', async (_, { program, prints }) => {
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', `${helper}\n${program}`], {
      env: { PATH: process.env.PATH, PARLEY_URL: world.url },
      timeout: 20_000,
    });
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    expect({ stdout, stderr }).toEqual({ stdout: prints, stderr: '' });
  });

  it('has all its programs run here', () => {
    expect(recipes).toHaveLength(page.split('```js').length - 2);
    expect(new Set(recipes.map(({ title }) => title)).size).toBe(6);
  });
});
