import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source-options.js';
import { DirectQueries } from './direct-queries.js';
import { Epoch } from './epoch.js';
import { DatabaseNotifications } from './notifications.js';
import { PoolGuard } from './pool-guard.js';
import { RefusingDataSource } from './refusing-data-source.js';
import { Transactions } from './transactions.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      // The database was seen to answer before the application is built: one attempt tells the truth.
      useFactory: (settings: Settings) => ({ ...dataSourceOptions(settings), autoLoadEntities: true, retryAttempts: 1, retryDelay: 0 }),
      dataSourceFactory: (options) => Promise.resolve(new RefusingDataSource(options as DataSourceOptions)),
    }),
  ],
  providers: [Transactions, DirectQueries, Epoch, PoolGuard, DatabaseNotifications],
  exports: [Transactions, DirectQueries, Epoch, DatabaseNotifications],
})
export class DatabaseModule {}
