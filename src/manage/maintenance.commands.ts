import type { Command } from 'commander';
import { MediaGarbageCollector } from '../media/media-garbage-collector.service.js';
import { UnreadRepair } from '../room-users/unread-repair.service.js';
import type { CommandContext } from './command-context.js';

export function maintenanceCommands(program: Command, context: CommandContext): void {
  program
    .command('media:collect')
    .description('mark unreferenced files for deletion, and delete files marked at least a day ago; the server does both by itself')
    .action(() =>
      context.withApplication(async (app) => {
        const collector = app.get(MediaGarbageCollector);
        const swept = await collector.sweep();
        const { expired, marked, restored, removed } = await collector.collectGarbage();
        context.print(`expired direct uploads: ${expired}`);
        context.print(`files marked for deletion: ${swept.marked + marked}`);
        context.print(`marked files kept, because something refers to them: ${restored}`);
        context.print(`files deleted: ${removed}`);
        context.print(`objects without a file deleted: ${swept.orphans}`);
      }),
    );
  program
    .command('unread:repair')
    .description('compare every read mark with a count of the messages, and correct wrong ones')
    .action(() =>
      context.withApplication(async (app) => {
        const { rooms, members, wrong, repaired, examples } = await app.get(UnreadRepair).repairUnread();
        for (const { roomId, userId, storedSeq, storedN, seq, n } of examples) {
          context.print(`room ${roomId}, user ${userId}: read up to ${storedSeq} (${storedN} counted), should be ${seq} (${n})`);
        }
        context.print(
          `${members} members in ${rooms} rooms: ${wrong === 0 ? 'nothing to repair' : `${wrong} wrong, ${repaired} repaired`}`,
        );
      }),
    );
}
