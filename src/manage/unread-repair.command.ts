import type { Command } from 'commander';
import { UnreadAudit } from '../room-users/unread-audit.service.js';
import type { Workplace } from './workplace.js';

export function unreadRepairCommand(program: Command, workplace: Workplace): void {
  program
    .command('unread:repair')
    .description('compare every read mark with a count of the messages themselves, and mend what is wrong')
    .action(() =>
      workplace.withApplication(async (app) => {
        const { rooms, seats, wrong, repaired, examples } = await app.get(UnreadAudit).run();
        for (const { roomId, userId, storedSeq, storedN, seq, n } of examples) {
          workplace.print(`room ${roomId}, user ${userId}: read up to ${storedSeq} (${storedN} counted), should be ${seq} (${n})`);
        }
        workplace.print(`${seats} seats in ${rooms} rooms: ${wrong === 0 ? 'nothing to repair' : `${wrong} wrong, ${repaired} repaired`}`);
      }),
    );
}
