import { timeJson } from '../../database/sql.js';
import type { Transactions } from '../../database/transactions.js';
import { CommandError } from '../command-context.js';
import { INSTALLATION, ROOM, ROOM_IDS, type TransferPart } from './export-parts.js';
import { FORMAT, VERSION } from './records.js';

/** How many rows are in memory at a time. */
const BATCH_SIZE = 500;

interface Header {
  epoch: string;
  exportedAt: string;
}

/**
 * Exports an installation, or one room, as lines of one database snapshot. During a long export, Postgres keeps the old versions of rows that
 * are updated and deleted.
 */
export class InstallationExport {
  private cursors = 0;
  private records = 0;

  constructor(private readonly transactions: Transactions) {}

  /** @param roomId null: all rooms  @param write resolves when it can take more  @returns how many records @throws CommandError unknown room */
  writeRecords(roomId: string | null, write: (text: string) => Promise<void>): Promise<number> {
    this.records = 0;
    return this.transactions.run(async () => {
      await this.transactions.query(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`);
      await this.transactions.query(`SET LOCAL idle_in_transaction_session_timeout = 0`);
      await this.transactions.query(`SET LOCAL statement_timeout = 0`);
      await write(this.lineOf('header', { format: FORMAT, version: VERSION, ...(await this.header(roomId)), roomId }));
      for (const part of INSTALLATION) await this.writePart(part, roomId, write);
      for await (const rooms of this.fetchRows<{ id: string }>(ROOM_IDS, roomId)) {
        for (const { id } of rooms) for (const part of ROOM) await this.writePart(part, id, write);
      }
      await write(`${JSON.stringify({ record: 'end', records: this.records })}\n`);
      return this.records;
    });
  }

  private async header(roomId: string | null): Promise<Header> {
    const [row] = await this.transactions.query<Header & { found: boolean }>(
      `SELECT s.value AS epoch, ${timeJson('now()')} AS "exportedAt",
         $1::uuid IS NULL OR EXISTS (SELECT 1 FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL) AS found
       FROM server_state s WHERE s.key = 'epoch'`,
      [roomId],
    );
    if (!row?.found) throw new CommandError(`there is no room ${roomId}`);
    return { epoch: row.epoch, exportedAt: row.exportedAt };
  }

  private async writePart({ kind, lines }: TransferPart, roomId: string | null, write: (text: string) => Promise<void>): Promise<void> {
    for await (const rows of this.fetchRows<{ line: object }>(lines, roomId)) {
      await write(rows.map(({ line }) => this.lineOf(kind, line)).join(''));
    }
  }

  /** Uses a database cursor: the query is planned and run once, whatever its size. */
  private async *fetchRows<Row>(sql: string, roomId: string | null): AsyncGenerator<Row[]> {
    const cursor = `export_${++this.cursors}`;
    await this.transactions.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, [roomId]);
    let rows: Row[];
    do {
      rows = await this.transactions.query<Row>(`FETCH ${BATCH_SIZE} FROM ${cursor}`);
      if (rows.length > 0) yield rows;
    } while (rows.length === BATCH_SIZE);
    await this.transactions.query(`CLOSE ${cursor}`);
  }

  private lineOf(kind: string, line: object): string {
    this.records++;
    return `${JSON.stringify({ record: kind, ...line })}\n`;
  }
}
