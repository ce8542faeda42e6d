import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Job } from './job.entity.js';
import { JobQueue } from './job-queue.js';
import { JobRegistry } from './job-registry.js';
import { JobRunner } from './job-runner.js';
import { Jobs } from './jobs.js';

const DAY_SECONDS = 86_400;
const FAILED_KEPT_DAYS = 90;

@Global()
@Module({ imports: [TypeOrmModule.forFeature([Job])], providers: [JobQueue, JobRegistry, JobRunner, Jobs], exports: [Jobs] })
export class JobsModule implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly queue: JobQueue,
  ) {}

  onModuleInit(): void {
    this.jobs.every('jobs:forget', DAY_SECONDS, () => this.queue.deleteFailed(FAILED_KEPT_DAYS));
  }
}
