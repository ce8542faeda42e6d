import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { partsOf, type AccountExportPart } from './account-export-parts.js';

/** Rows of one query. They are written before the next query runs. */
const ROWS = 500;

interface Row {
  readonly line: object;
  readonly key: readonly (string | number)[];
}

/** Exports the data of a user, line by line. */
@Injectable()
export class AccountExport {
  private readonly parts: readonly AccountExportPart[];

  constructor(
    private readonly transactions: Transactions,
    settings: Settings,
  ) {
    this.parts = partsOf(settings.messages.maxEdits);
  }

  /** Yields the lines of the file. Holds at most 500 rows and no transaction, so that a slow reader blocks nothing. */
  async *exportLines(userId: string): AsyncGenerator<string> {
    for (const part of this.parts) {
      let after: Row['key'] | null = null;
      do {
        const rows: Row[] = await this.findRows(part, userId, after);
        yield rows.map(({ line }) => `${JSON.stringify({ type: part.type, ...line })}\n`).join('');
        after = rows.length === ROWS ? (rows.at(-1)?.key ?? null) : null;
      } while (after);
    }
    yield `${JSON.stringify({ type: 'end', at: new Date().toISOString() })}\n`;
  }

  private findRows({ from, line, key }: AccountExportPart, userId: string, after: Row['key'] | null): Promise<Row[]> {
    const columns = key.map(([column]) => column).join(', ');
    const position = key.map(([, type], at) => `$${at + 2}::${type}`).join(', ');
    const next = after ? ` AND (${columns}) > (${position})` : '';
    return this.transactions.query<Row>(
      `SELECT ${line} AS line, jsonb_build_array(${columns}) AS key FROM ${from}${next} ORDER BY ${columns} LIMIT ${ROWS}`,
      [userId, ...(after ?? [])],
    );
  }
}
