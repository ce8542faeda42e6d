import { Controller, Get, Header, type OnModuleDestroy, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { declareError } from '../common/domain-error.js';
import { Problem } from '../common/problem.js';
import { Public } from '../common/public.decorator.js';
import { RateLimit } from '../limits/rate-limit.decorator.js';
import { Readiness } from './readiness.js';

class Health {
  @ApiProperty({ example: 'ok' }) status: 'ok';
}

class Draining extends declareError(503, 'draining', 'This process is shutting down.', { retryAfter: 1 }) {}

class MigrationsPending extends declareError(503, 'migrations_pending', 'The database has not been migrated yet.', { retryAfter: 5 }) {}

@ApiTags('health')
@Public()
@RateLimit(null)
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController implements OnModuleDestroy {
  private draining = false;

  constructor(private readonly readiness: Readiness) {}

  /** The first thing that happens in a shutdown: whoever balances the load looks elsewhere. */
  onModuleDestroy(): void {
    this.draining = true;
  }

  @Get('live')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether the process answers' })
  @ApiOkResponse({ type: Health })
  live(): Health {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether requests may be sent here: the database answers and is migrated, and no shutdown has begun' })
  @ApiOkResponse({ type: Health })
  @ApiServiceUnavailableResponse({ type: Problem })
  async ready(): Promise<Health> {
    if (this.draining) throw new Draining();
    if (!(await this.readiness.isMigrated())) throw new MigrationsPending();
    return { status: 'ok' };
  }
}
