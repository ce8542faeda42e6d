import { createSecretKey } from 'node:crypto';
import { Module, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.js';
import { Jobs } from '../jobs/jobs.js';
import { UsersModule } from '../users/users.module.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { ExternalIdentity } from './external/external-identity.service.js';
import { ExternalSessions } from './external/external-sessions.service.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PasswordChange } from './passwords/password-change.service.js';
import { Passwords } from './passwords/passwords.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';
import { RefreshToken, Session } from './session.entity.js';
import { SessionsController } from './sessions.controller.js';
import { Sessions } from './sessions.service.js';
import { TicketsController } from './tickets.controller.js';
import { Tickets } from './tickets.service.js';
import { TokenService } from './token.service.js';

const SWEEP_SECONDS = 600;

@Module({
  imports: [
    UsersModule,
    TypeOrmModule.forFeature([Session, RefreshToken]),
    JwtModule.registerAsync({
      inject: [Settings],
      useFactory: ({ auth }: Settings) => ({ secret: createSecretKey(Buffer.from(auth.jwtSecret)) }),
    }),
  ],
  controllers: [AuthController, SessionsController, TicketsController],
  providers: [
    ...[AuthService, PasswordChange, Passwords, Sessions, RefreshTokens, TokenService, Tickets, ExternalIdentity, ExternalSessions],
    JwtStrategy,
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
    this.jobs.every('sessions:sweep', SWEEP_SECONDS, () => this.sessions.expireSessions());
  }
}
