import { createSecretKey } from 'node:crypto';
import { Module, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { Jobs } from '../jobs/jobs.js';
import { UsersModule } from '../users/users.module.js';
import { AuthController } from './auth.controller.js';
import { JwtAuthGuard } from './auth.guards.js';
import { AuthService } from './auth.service.js';
import { ExternalIdentity } from './external/external-identity.service.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Passwords } from './passwords/passwords.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';
import { RefreshToken, Session } from './session.entity.js';
import { MediaTicketsController, SessionsController } from './sessions.controller.js';
import { Sessions } from './sessions.service.js';
import { TokenService } from './token.service.js';

const EXPIRY_CHECK_SECONDS = 600;

@Module({
  imports: [
    UsersModule,
    TypeOrmModule.forFeature([Session, RefreshToken]),
    JwtModule.registerAsync({
      inject: [Settings],
      useFactory: ({ auth }: Settings) => ({ secret: createSecretKey(Buffer.from(auth.jwtSecret)) }),
    }),
  ],
  controllers: [AuthController, SessionsController, MediaTicketsController],
  providers: [
    ...[AuthService, Passwords, Sessions, RefreshTokens, TokenService, ExternalIdentity, JwtStrategy],
    { provide: APP_GUARD, useClass: JwtAuthGuard },
  ],
  exports: [TokenService, Sessions],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly sessions: Sessions,
  ) {}

  onModuleInit(): void {
    this.jobs.every('sessions:sweep', EXPIRY_CHECK_SECONDS, () => this.sessions.expireSessions());
  }
}
