import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { partsOf, type AccountExportPart } from './account-export-parts.js';

/** Rows in one query: each is written out before the next one is asked for. */
const ROWS = 500;

interface Row {
  readonly line: object;
  readonly key: readonly (string | number)[];
}

/** One's own data, line by line. */
@Injectable()
export class AccountExportQueries {
  private readonly parts: readonly AccountExportPart[];

  constructor(
    private readonly transactions: Transactions,
    settings: Settings,
  ) {
    this.parts = partsOf(settings.messages.maxEdits);
  }

  /** The lines of the file. Holds 500 rows at most, and no transaction: it may take as long as its reader likes. */
  async *lines(userId: string): AsyncGenerator<string> {
    for (const part of this.parts) {
      let after: Row['key'] | null = null;
      do {
        const rows: Row[] = await this.rows(part, userId, after);
        yield rows.map(({ line }) => `${JSON.stringify({ type: part.type, ...line })}\n`).join('');
        after = rows.length === ROWS ? (rows.at(-1)?.key ?? null) : null;
      } while (after);
    }
    yield `${JSON.stringify({ type: 'end', at: new Date().toISOString() })}\n`;
  }

  private rows({ from, line, key }: AccountExportPart, userId: string, after: Row['key'] | null): Promise<Row[]> {
    const columns = key.map(([column]) => column).join(', ');
    const place = key.map(([, type], at) => `$${at + 2}::${type}`).join(', ');
    const next = after ? ` AND (${columns}) > (${place})` : '';
    return this.transactions.query<Row>(
      `SELECT ${line} AS line, jsonb_build_array(${columns}) AS key FROM ${from}${next} ORDER BY ${columns} LIMIT ${ROWS}`,
      [userId, ...(after ?? [])],
    );
  }
}
