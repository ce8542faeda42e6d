import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm';
import { fromDatabaseError } from './database-errors.js';

/**
 * Every statement, whoever asks for it, fails with the refusal that its error means for a client. Here and not where errors become answers:
 * there nobody knows any more whether it was the database that refused a connection.
 */
export class RefusingDataSource extends DataSource {
  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...asked: unknown[]) => Promise<never>;
    runner.query = (...asked: unknown[]) =>
      query(...asked).catch((error: unknown) => {
        throw fromDatabaseError(error);
      });
    return runner;
  }
}
