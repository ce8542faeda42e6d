import type { Command } from 'commander';
import { MediaCollector } from '../media/media-collector.service.js';
import type { Workplace } from './workplace.js';

export function mediaCollectCommand(program: Command, workplace: Workplace): void {
  program
    .command('media:collect')
    .description('remove files that nothing refers to, as the server does every hour and every day: doomed now, gone a day later')
    .action(() =>
      workplace.withApplication(async (app) => {
        const collector = app.get(MediaCollector);
        const swept = await collector.sweep();
        const { expired, doomed, spared, removed } = await collector.collect();
        workplace.print(`uploads that nobody completed: ${expired}`);
        workplace.print(`files doomed: ${swept.doomed + doomed}`);
        workplace.print(`files spared, as something refers to them: ${spared}`);
        workplace.print(`files removed: ${removed}`);
        workplace.print(`objects of no file removed: ${swept.strays}`);
      }),
    );
}
