import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Guesses } from './guesses.js';
import { RateLimitInterceptor } from './rate-limit.interceptor.js';
import { RateLimits } from './rate-limits.js';

@Global()
@Module({ providers: [RateLimits, Guesses, { provide: APP_INTERCEPTOR, useClass: RateLimitInterceptor }], exports: [RateLimits, Guesses] })
export class LimitsModule {}
