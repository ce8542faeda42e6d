import type { Logger } from 'typeorm';

const nothing = (): void => undefined;

/** TypeORM says nothing of its own: statements and parameters hold what people wrote, and errors are thrown anyway. */
export const silentLogger: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
