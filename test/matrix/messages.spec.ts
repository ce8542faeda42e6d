import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCOUNTS, variantName, VARIANTS } from './support/actors.js';
import { EVENT_ROWS, MEDIA_ROWS, MESSAGE_ROWS } from './support/message.rows.js';
import { titleOf } from './support/rules.js';
import { Stage } from './support/stage.js';
import { wrongCells } from './support/tries.js';

// Every route and every event about what is said in a room, tried by everybody, in every kind of room. The rules stand in
// support/message.rows.ts.

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  for (const account of ACCOUNTS) if (account !== 'rested') stage.devices.set(account, await stage.accounts[account].listens());
});

afterAll(() => stage?.close());

describe.each(VARIANTS.map((variant) => ({ name: variantName(variant), variant })))('in $name', ({ variant }) => {
  it.each([...MESSAGE_ROWS, ...MEDIA_ROWS, ...EVENT_ROWS].map((row) => ({ title: titleOf(row), row })))('$title', async ({ row }) => {
    expect(await wrongCells(stage, row, variant)).toEqual([]);
  });
});

it('lets nobody say anything by a socket who is not logged in', async () => {
  const { rested } = stage.accounts;
  await expect(rested.listens()).rejects.toMatchObject({ problem: { status: 401, code: 'session_ended' } });
  await expect(rested.listens({ token: undefined })).rejects.toMatchObject({ problem: { status: 401, code: 'token_invalid' } });
});
