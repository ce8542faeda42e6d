import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { SEND_MESSAGES } from '../../src/timeline/send-messages.sql.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

describe('the function send_messages', () => {
  let database: FreshDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await freshDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const definition = async (): Promise<unknown> =>
    (await client.query(`SELECT pg_get_functiondef('send_messages'::regproc) AS definition`)).rows[0].definition;

  it('is, after all migrations, the current source', async () => {
    const migrated = await definition();
    await client.query(SEND_MESSAGES);
    expect(migrated).toBe(await definition());
  });

  it('is volatile, so that each statement in it sees what was committed before its locks', async () => {
    const { rows } = await client.query(`SELECT provolatile FROM pg_proc WHERE proname = 'send_messages'`);
    expect(rows).toEqual([{ provolatile: 'v' }]);
  });
});
