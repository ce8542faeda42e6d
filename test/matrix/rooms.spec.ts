import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { variantName, VARIANTS } from './support/actors.js';
import { ROOM_ROWS } from './support/room.rows.js';
import { titleOf } from './support/rules.js';
import { Stage } from './support/stage.js';
import { wrongCells } from './support/tries.js';

// Every route of a room, tried by everybody, in every kind of room. The rules stand in support/room.rows.ts.

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage?.close());

describe.each(VARIANTS.map((variant) => ({ name: variantName(variant), variant })))('in $name', ({ variant }) => {
  it.each(ROOM_ROWS.map((row) => ({ title: titleOf(row), row })))('$title', async ({ row }) => {
    expect(await wrongCells(stage, row, variant)).toEqual([]);
  });
});
