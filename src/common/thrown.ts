import type { LoggerService } from '@nestjs/common';

/** The message of a caught value. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The stack of a caught value, for the log. */
export const stackOf = (thrown: unknown): string => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));

/** Runs a handler whose failure is not its caller's concern: logs what it throws. */
export function runLogged(log: LoggerService, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.error(stackOf(error));
  }
}
