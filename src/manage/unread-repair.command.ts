import type { Command } from 'commander';
import { UnreadRepair } from '../room-users/unread-repair.service.js';
import type { CommandContext } from './command-context.js';

export function unreadRepairCommand(program: Command, context: CommandContext): void {
  program
    .command('unread:repair')
    .description('compare every read mark with a count of the messages themselves, and mend what is wrong')
    .action(() =>
      context.withApplication(async (app) => {
        const { rooms, members: seats, wrong, repaired, examples } = await app.get(UnreadRepair).repairUnread();
        for (const { roomId, userId, storedSeq, storedN, seq, n } of examples) {
          context.print(`room ${roomId}, user ${userId}: read up to ${storedSeq} (${storedN} counted), should be ${seq} (${n})`);
        }
        context.print(`${seats} seats in ${rooms} rooms: ${wrong === 0 ? 'nothing to repair' : `${wrong} wrong, ${repaired} repaired`}`);
      }),
    );
}
