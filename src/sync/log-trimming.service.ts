import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Jobs } from '../jobs/jobs.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';

const HOUR_S = 3_600;
const DAY_MS = 86_400_000;
/** Changes that are deleted under one lock of a head: steps are short, to keep sends fast. */
const STEP = 1_000;

/** Deletes changes from the change log that are older than the setting allows. */
@Injectable()
export class LogTrimming implements OnModuleInit {
  constructor(
    private readonly access: RoomAccess,
    private readonly log: RoomLog,
    private readonly jobs: Jobs,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.jobs.every('log-trimming', HOUR_S, async ({ signal }) => {
      await this.trimLogs(new Date(Date.now() - this.settings.log.trimAfterDays * DAY_MS), signal);
    });
  }

  /** Deletes the changes from before `before`, in steps, until none is left or `signal` aborts. */
  async trimLogs(before: Date, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const rooms = await this.log.findOutdatedRooms(before, STEP);
      if (rooms.length === 0) return;
      for (const roomId of rooms) {
        if (signal?.aborted) return;
        await this.access.hold(roomId, () => this.log.trimLog(roomId, before, STEP));
      }
    }
  }
}
