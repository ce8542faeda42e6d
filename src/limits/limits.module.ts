import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { LoginThrottle } from './login-throttle.js';
import { RateLimitInterceptor } from './rate-limit.interceptor.js';
import { RateLimits } from './rate-limits.js';

@Global()
@Module({
  providers: [RateLimits, LoginThrottle, { provide: APP_INTERCEPTOR, useClass: RateLimitInterceptor }],
  exports: [RateLimits, LoginThrottle],
})
export class LimitsModule {}
