import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor, Public } from '../common/auth.decorators.js';
import { RateLimit } from '../limits/rate-limit.interceptor.js';
import { BuiltInAuthGuard } from './auth.guards.js';
import { AuthService } from './auth.service.js';
import { LoggedInView, TokenPairView } from './auth.view.js';
import { ChangePasswordDto, LoginDto, RefreshDto, RegisterDto } from './dto/auth.dto.js';
import { Passwords } from './passwords/passwords.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';
import { deviceOf } from './session.types.js';

/** Answer of every route here where another service has the accounts. */
const OFF = 'built_in_auth_off';

@ApiTags('auth')
@UseGuards(BuiltInAuthGuard)
@Controller({ path: 'auth', version: '1' })
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly tokens: RefreshTokens,
    private readonly passwords: Passwords,
  ) {}

  @Public()
  @RateLimit('auth')
  @Post('register')
  @ApiOperation({ summary: 'Create an account and log in' })
  @ApiCreatedResponse({ type: LoggedInView })
  @ApiProblems({
    ...{ 401: [], 404: OFF, 409: 'username_taken' },
    ...{ 422: ['password_common', 'username_reserved', 'unstorable_text'], 503: ['database_unavailable', 'overloaded'] },
  })
  register(@Body() dto: RegisterDto, @Req() request: Request): Promise<LoggedInView> {
    return this.auth.register(dto, deviceOf(request));
  }

  @Public()
  @RateLimit('auth')
  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in',
    description: 'The answer, and the time it takes, are the same for an unknown user and a wrong password.',
  })
  @ApiOkResponse({ type: LoggedInView })
  @ApiProblems({ 401: 'credentials_invalid', 404: OFF, 422: 'unstorable_text', 503: ['database_unavailable', 'overloaded'] })
  login(@Body() dto: LoginDto, @Req() request: Request): Promise<LoggedInView> {
    return this.auth.login(dto, deviceOf(request));
  }

  @Public()
  @RateLimit('auth')
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Exchange a refresh token for a new token pair (single use)',
    description:
      'If you repeat the request within 10 seconds and have not used the new refresh token, the answer is the same pair. Any other use ' +
      'of a used token ends the session.',
  })
  @ApiOkResponse({ type: TokenPairView })
  @ApiProblems({ 401: ['token_invalid', 'session_ended'], 404: OFF, 422: 'unstorable_text' })
  refreshTokens(@Body() { refreshToken }: RefreshDto): Promise<TokenPairView> {
    return this.tokens.refreshTokens(refreshToken);
  }

  @Post('password')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Change your password', description: 'Ends all your other sessions.' })
  @ApiNoContentResponse()
  @ApiProblems({ 404: OFF, 422: ['password_wrong', 'password_common', 'unstorable_text'], 503: ['database_unavailable', 'overloaded'] })
  changePassword(@CurrentActor() actor: Actor, @Body() dto: ChangePasswordDto): Promise<void> {
    return this.passwords.changePassword(actor, dto);
  }
}
