import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { ProcessRole } from '../../src/config/process-role.js';
import { loadSettings } from '../../src/config/settings.js';
import { migrate, migrationState, undoMigration } from '../../src/database/migrate.js';
import { migrations } from '../../migrations/index.js';
import { tables as owners } from '../../architecture.config.mjs';
import { catalogue } from '../support/catalogue.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';

const settingsOf = ({ url }: FreshDatabase) => loadSettings({ DATABASE_URL: url, JWT_SECRET: 'test', LOG_LEVEL: 'silent' });
const NAMES = migrations.map(({ name }) => name);

describe('migrations', () => {
  let empty: FreshDatabase;
  beforeAll(async () => void (empty = await freshDatabase({ empty: true })));
  afterAll(() => empty.drop());

  it('run once each when several processes start them at once', async () => {
    const rounds = await Promise.all(Array.from({ length: 4 }, () => migrate(settingsOf(empty))));
    expect(rounds.flat()).toEqual(NAMES);
  });

  it('undo to an empty database, and redo to the same schema', async () => {
    const first = await catalogue(empty.url);
    const undone: (string | null)[] = [];
    for (const _ of NAMES) undone.push(await undoMigration(settingsOf(empty)));
    expect(undone).toEqual([...NAMES].reverse());
    expect(await undoMigration(settingsOf(empty))).toBeNull();
    expect((await catalogue(empty.url)).filter((line) => !line.includes('migrations'))).toEqual([]);
    expect(await migrate(settingsOf(empty))).toEqual(NAMES);
    expect(await catalogue(empty.url)).toEqual(first);
  });

  it('leave the schema unchanged if one fails', async () => {
    const database = await freshDatabase({ empty: true });
    const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    await source.query('CREATE TABLE messages (in_the_way int)');
    await expect(migrate(settingsOf(database))).rejects.toThrow(/already exists/);
    const [{ done }] = await source.query('SELECT count(*)::int AS done FROM migrations');
    const [{ half }] = await source.query(`SELECT to_regclass('message_mentions') AS half`);
    await source.destroy();
    await database.drop();
    expect({ done, half }).toEqual({ done: 2, half: null });
  });
});

describe('the migrated schema', () => {
  let database: FreshDatabase;
  let app: INestApplicationContext;
  let source: DataSource;
  beforeAll(async () => {
    database = await freshDatabase();
    app = await NestFactory.createApplicationContext(AppModule.forRoot(settingsOf(database), ProcessRole.command), { logger: false });
    source = app.get(DataSource);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('is complete', async () => {
    expect(await migrationState(source)).toMatchObject({ done: [...NAMES].reverse(), pending: [], unknown: [] });
  });

  it('matches the entities: every column, and every constraint and index that an entity names', async () => {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    // The schema may have more constraints and indexes than the entities name, since TypeORM cannot express all of them.
    const beyondEntities = /^(DROP INDEX|ALTER TABLE "[^"]+" DROP CONSTRAINT)/;
    expect(upQueries.map(({ query }) => query).filter((query) => !beyondEntities.test(query))).toEqual([]);
  });

  it('has an entity for every table', () => {
    expect(source.entityMetadatas.map(({ tableName }) => tableName).sort()).toEqual(Object.keys(owners).sort());
  });

  it('has an owner for every table', async () => {
    const rows = await source.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'`);
    expect(rows.map((row: { tablename: string }) => row.tablename).sort()).toEqual(Object.keys(owners).sort());
  });

  it('keeps the heads narrow, with free space and no further index, so that a send is a HOT update', async () => {
    const lines = await catalogue(database.url);
    expect(lines).toContain('options room_heads fillfactor=40');
    expect(lines).toContain('options user_heads fillfactor=50');
    expect(lines.filter((line) => /^index .* ON public\.room_heads /.test(line))).toHaveLength(1);
  });

  it('has no time without a zone and no text with a length', async () => {
    const loose = (await catalogue(database.url)).filter((line) => /^column .*(without time zone|character varying)/.test(line));
    expect(loose.filter((line) => !line.startsWith('column migrations.'))).toEqual([]);
  });
});
