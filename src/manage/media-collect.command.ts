import type { Command } from 'commander';
import { MediaGarbageCollector } from '../media/media-garbage-collector.service.js';
import type { CommandContext } from './command-context.js';

export function mediaCollectCommand(program: Command, context: CommandContext): void {
  program
    .command('media:collect')
    .description('remove files that nothing refers to, as the server does every hour and every day: doomed now, gone a day later')
    .action(() =>
      context.withApplication(async (app) => {
        const collector = app.get(MediaGarbageCollector);
        const swept = await collector.sweep();
        const { expired, marked, restored, removed } = await collector.collectGarbage();
        context.print(`uploads that nobody completed: ${expired}`);
        context.print(`files doomed: ${swept.marked + marked}`);
        context.print(`files spared, as something refers to them: ${restored}`);
        context.print(`files removed: ${removed}`);
        context.print(`objects of no file removed: ${swept.orphans}`);
      }),
    );
}
