import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mock } from 'node:test';
import { AppModule } from '../../src/app.module.js';
import { ProcessRole } from '../../src/config/process-role.js';
import { loadSettings } from '../../src/config/settings.js';
import { DatabaseNotifications } from '../../src/database/notifications.js';
import { Transactions } from '../../src/database/transactions.js';
import { TEST_ENVIRONMENT } from '../support/app.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

describe('the application of a command', () => {
  let database: FreshDatabase;
  let app: INestApplicationContext;
  const intervals = mock.method(globalThis, 'setInterval');

  /** The servers of this process; earlier specs may have started some. */
  const serversHere = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const servers = serversHere();

  beforeAll(async () => {
    database = await freshDatabase();
    const settings = loadSettings({ ...TEST_ENVIRONMENT, DATABASE_URL: database.url });
    app = await NestFactory.createApplicationContext(AppModule.forRoot(settings, ProcessRole.command), { logger: false });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    intervals.mock.restore();
  });

  it('starts no timer, connection or server of its own', async () => {
    await app.get(DatabaseNotifications).listen('news', () => undefined);
    expect(intervals.mock.callCount()).toBe(0);
    const rows = await app
      .get(Transactions)
      .query(`SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database()`);
    expect(rows.filter(({ name }) => name === 'parley-listen')).toEqual([]);
    expect(serversHere()).toBe(servers);
  });
});
