import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source-options.js';
import { DirectQueries } from './direct-queries.js';
import { Epoch } from './epoch.js';
import { ErrorMappingDataSource } from './error-mapping-data-source.js';
import { DatabaseNotifications } from './notifications.js';
import { PoolGuard } from './pool-guard.js';
import { ServerState } from './server-state.entity.js';
import { Transactions } from './transactions.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      // openDatabase has connected before: one attempt is enough.
      useFactory: (settings: Settings) => ({ ...dataSourceOptions(settings), autoLoadEntities: true, retryAttempts: 1, retryDelay: 0 }),
      dataSourceFactory: (options) => Promise.resolve(new ErrorMappingDataSource(options as DataSourceOptions)),
    }),
    TypeOrmModule.forFeature([ServerState]),
  ],
  providers: [Transactions, DirectQueries, Epoch, PoolGuard, DatabaseNotifications],
  exports: [Transactions, DirectQueries, Epoch, DatabaseNotifications],
})
export class DatabaseModule {}
