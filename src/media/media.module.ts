import { Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Server } from 'node:http';
import { Settings } from '../config/settings.js';
import { Jobs } from '../jobs/jobs.js';
import { Decoders } from './decoders/decoders.service.js';
import { MediaGarbageCollector } from './media-garbage-collector.service.js';
import { MediaController } from './media.controller.js';
import { MediaImportRepository } from './media-import.repository.js';
import { MediaDelivery } from './media-delivery.service.js';
import { Media, MessageMedia } from './media.entity.js';
import { MediaObjects } from './media-objects.service.js';
import { MediaRepository } from './media.repository.js';
import { MediaService } from './media.service.js';
import { DirectUploads } from './uploads/direct-uploads.service.js';
import { UploadProcessor } from './uploads/upload-processor.service.js';
import { UploadSlots } from './uploads/upload-slots.js';
import { FormUploads } from './uploads/form-uploads.service.js';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

@Module({
  imports: [TypeOrmModule.forFeature([Media, MessageMedia])],
  controllers: [MediaController],
  providers: [
    ...[MediaRepository, MediaImportRepository, MediaObjects, MediaService, MediaDelivery, MediaGarbageCollector],
    ...[Decoders, UploadProcessor, UploadSlots, FormUploads, DirectUploads],
  ],
  exports: [MediaRepository],
})
export class MediaModule implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly jobs: Jobs,
    private readonly collector: MediaGarbageCollector,
    private readonly host: HttpAdapterHost,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.jobs.every('media:collect', HOUR_SECONDS, async ({ signal }) => void (await this.collector.collectGarbage(signal)));
    this.jobs.every('media:sweep', DAY_SECONDS, async ({ signal }) => void (await this.collector.sweep(signal)));
  }

  onApplicationBootstrap(): void {
    // A large file over a slow connection takes longer than Node allows a request. HashingStream ends a request that stops sending.
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    if (server) server.requestTimeout = Math.max(server.requestTimeout, this.settings.media.uploadSeconds * 1_000);
  }
}
