import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UserHeads } from './user-heads.service.js';
import { User, UserHead } from './user.entity.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([User, UserHead])],
  providers: [UsersService, UserHeads],
  exports: [UsersService, UserHeads],
})
export class UsersModule {}
