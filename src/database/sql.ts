import type { DataSource } from 'typeorm';

/** SQL: a `timestamptz` as clients see times, RFC 3339 in UTC with milliseconds; null stays null. (`to_json` would give `+00:00`.) */
export const timeJson = (expression: string): string => `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The columns of an entity in a statement that is written by hand, and the entity from its row: for what is asked at every request, where
 * the entity manager would write the statement and look through the answer anew each time.
 */
export class EntityColumns<T extends object> {
  /** For the list behind SELECT. */
  readonly sql: string;
  private readonly fields: readonly (readonly [property: string, column: string])[];

  /** @param alias of the table in the statement; also sets its columns apart from those of others */
  constructor(
    dataSource: DataSource,
    private readonly entity: new () => T,
    alias: string,
  ) {
    const { columns } = dataSource.getMetadata(entity);
    this.fields = columns.map(({ propertyName }) => [propertyName, `${alias}.${propertyName}`]);
    this.sql = columns.map(({ databaseName, propertyName }) => `${alias}.${databaseName} AS "${alias}.${propertyName}"`).join(', ');
  }

  read(row: Readonly<Record<string, unknown>>): T {
    return Object.assign(new this.entity(), Object.fromEntries(this.fields.map(([property, column]) => [property, row[column]])));
  }
}
