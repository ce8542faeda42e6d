import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { declareError } from '../common/domain-error.js';
import { Public } from '../common/auth.decorators.js';
import { RateLimit } from '../limits/rate-limit.interceptor.js';
import { Settings } from '../config/settings.js';
import { Metrics } from './metrics.js';

class MetricsHidden extends declareError(404, 'route_not_found', 'There is no such route.') {}

class MetricsTokenInvalid extends declareError(401, 'token_invalid', 'The metrics token is missing or wrong.') {}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

@ApiTags('health')
@Public()
@RateLimit(null)
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Get metrics in the Prometheus text format',
    description: 'Needs METRICS_TOKEN as the bearer token. If it is unset, the route is public, except in production: 404.',
  })
  @ApiBearerAuth()
  @ApiProduces('text/plain')
  async getMetrics(@Headers('authorization') authorization: string | undefined, @Res() response: Response): Promise<void> {
    this.requireToken(authorization ?? '');
    const { contentType, text } = await this.metrics.renderMetrics();
    response.setHeader('Content-Type', contentType).setHeader('Cache-Control', 'no-store').send(text);
  }

  private requireToken(authorization: string): void {
    const { production, metrics } = this.settings;
    if (metrics.token === null) {
      if (production) throw new MetricsHidden();
      return;
    }
    if (!timingSafeEqual(digest(authorization), digest(`Bearer ${metrics.token}`))) throw new MetricsTokenInvalid();
  }
}
