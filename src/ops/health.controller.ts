import { Controller, Get, Header, type OnModuleDestroy, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { declareError } from '../common/domain-error.js';
import { Problem } from '../common/problem.js';
import { Public } from '../common/auth.decorators.js';
import { RateLimit } from '../limits/rate-limit.interceptor.js';
import { Transactions } from '../database/transactions.js';

class Health {
  @ApiProperty({ example: 'ok' }) status: 'ok';
}

class Draining extends declareError(503, 'draining', 'This process is shutting down; use another one.', { retryAfter: 1 }) {}

class MigrationsPending extends declareError(503, 'migrations_pending', 'Migrations are pending; run them, then retry.', {
  retryAfter: 5,
}) {}

@ApiTags('health')
@Public()
@RateLimit(null)
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController implements OnModuleDestroy {
  private draining = false;
  private migrated = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly dataSource: DataSource,
  ) {}

  /** The first step of a shutdown: the load balancer stops sending requests here. */
  onModuleDestroy(): void {
    this.draining = true;
  }

  @Get('live')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Check that the process answers' })
  @ApiOkResponse({ type: Health })
  getLiveness(): Health {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Check that the process can serve requests',
    description: 'It can if the database answers and is migrated, and no shutdown has begun.',
  })
  @ApiOkResponse({ type: Health })
  @ApiServiceUnavailableResponse({ type: Problem })
  async getReadiness(): Promise<Health> {
    if (this.draining) throw new Draining();
    if (!(await this.isMigrated())) throw new MigrationsPending();
    return { status: 'ok' };
  }

  /** Queries the database on every call; once all migrations have run, with the cheapest statement. @throws DatabaseUnavailable */
  private async isMigrated(): Promise<boolean> {
    if (this.migrated) {
      await this.transactions.query('SELECT 1');
      return true;
    }
    const [table] = await this.transactions.query<{ name: string | null }>(`SELECT to_regclass('migrations') AS name`);
    if (!table?.name) return false;
    const [row] = await this.transactions.query<{ done: number }>('SELECT count(*)::int AS done FROM migrations');
    this.migrated = (row?.done ?? 0) >= this.dataSource.migrations.length;
    return this.migrated;
  }
}
