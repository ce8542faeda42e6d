import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Credentials } from './credentials.service.js';
import { UserAccounts } from './user-accounts.service.js';
import { UserHeads } from './user-heads.service.js';
import { UserImportRepository } from './user-import.repository.js';
import { User, UserHead } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([User, UserHead])],
  controllers: [UsersController],
  providers: [UsersService, UserHeads, UserAccounts, UserImportRepository, Credentials],
  exports: [UsersService, UserHeads, UserAccounts, Credentials],
})
export class UsersModule {}
