import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { ConnectionDrain } from './connection-drain.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { PlatformMetrics } from './platform-metrics.js';

@Module({
  controllers: [HealthController, MetricsController],
  providers: [Metrics, PlatformMetrics, ConnectionDrain],
  exports: [Metrics],
})
export class OpsModule implements NestModule {
  constructor(private readonly metrics: Metrics) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.metrics.measure).forRoutes('{*all}');
  }
}
