import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm';
import { fromDatabaseError } from './database-errors.js';

/**
 * Makes every statement fail with the domain error that its database error means for a client. Mapped here and not in the filters, which
 * do not know whether a refused connection was one to the database.
 */
export class ErrorMappingDataSource extends DataSource {
  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<never>;
    runner.query = (...parameters: unknown[]) =>
      query(...parameters).catch((error: unknown) => {
        throw fromDatabaseError(error);
      });
    return runner;
  }
}
