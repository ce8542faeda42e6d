import type { DataSource } from 'typeorm';
import type { Transactions } from './transactions.js';

/** Returns SQL for a `timestamptz` in the form of our answers: RFC 3339, UTC, milliseconds. (`to_json` would give `+00:00`.) */
export const timeJson = (expression: string): string => `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Returns an ILIKE pattern for texts that contain `text`. */
export const likePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;

/**
 * Selects an entity in a handwritten statement and reads it from a row. For statements of every request: the entity manager would build the
 * statement and map its result anew each time.
 */
export class EntityColumns<T extends object> {
  /** The select list. */
  readonly sql: string;
  private readonly fields: readonly (readonly [property: string, column: string])[];

  /** @param alias of the table in the statement; prefixes its columns in the row */
  constructor(
    dataSource: DataSource,
    private readonly entity: new () => T,
    alias: string,
  ) {
    const { columns } = dataSource.getMetadata(entity);
    this.fields = columns.map(({ propertyName }) => [propertyName, `${alias}.${propertyName}`]);
    this.sql = columns.map(({ databaseName, propertyName }) => `${alias}.${databaseName} AS "${alias}.${propertyName}"`).join(', ');
  }

  fromRow(row: Readonly<Record<string, unknown>>): T {
    return Object.assign(new this.entity(), Object.fromEntries(this.fields.map(([property, column]) => [property, row[column]])));
  }
}

/** An entity's row as JSON: times also as RFC 3339 text, bytes as hexadecimal text. */
export type JsonRow<T> = { readonly [K in keyof T]: JsonColumn<T[K]> };
type JsonColumn<V> = V extends Buffer ? string : V extends Date ? Date | string : V extends readonly (infer Item)[] ? readonly Item[] : V;

/**
 * Inserts rows in one statement with one parameter, however many they are. A row whose primary key exists stays unchanged.
 * @param rows all with the fields of the first; other fields than columns are ignored, other columns take their defaults
 * @returns the primary keys of the inserted rows
 */
export async function insertMissing<T extends object>(
  transactions: Transactions,
  entity: new () => T,
  rows: readonly Partial<JsonRow<T>>[],
): Promise<Partial<T>[]> {
  const [first] = rows;
  if (!first) return [];
  const { tableName, columns, primaryColumns } = transactions.manager.dataSource.getMetadata(entity);
  const written = columns.filter(({ propertyName }) => propertyName in first);
  const names = written.map(({ databaseName }) => databaseName);
  const values = written.map(({ propertyName: name, type }) => (type === 'bytea' ? `decode(x."${name}", 'hex')` : `x."${name}"`));
  const types = written.map(
    ({ propertyName: name, type, isArray }) => `"${name}" ${type === 'bytea' ? 'text' : String(type)}${isArray ? '[]' : ''}`,
  );
  const keys = primaryColumns.map(({ databaseName }) => databaseName);
  const order = primaryColumns.map(({ propertyName }) => `x."${propertyName}"`);
  const returning = primaryColumns.map(({ databaseName, propertyName }) => `${databaseName} AS "${propertyName}"`);
  return transactions.query<Partial<T>>(
    `INSERT INTO ${tableName} (${names.join(', ')}) SELECT ${values.join(', ')}
     FROM jsonb_to_recordset($1::jsonb) AS x (${types.join(', ')}) ORDER BY ${order.join(', ')}
     ON CONFLICT (${keys.join(', ')}) DO NOTHING RETURNING ${returning.join(', ')}`,
    [JSON.stringify(rows)],
  );
}
