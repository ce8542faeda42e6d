import type { DataSource } from 'typeorm';

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
