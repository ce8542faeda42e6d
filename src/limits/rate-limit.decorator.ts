import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { RateLimitAction } from './limits.types.js';

export const RATE_LIMIT = 'parley:spends';

/** What a route, or all of a controller, spends instead of `request`; null: nothing. */
export const RateLimit = (action: RateLimitAction | null): CustomDecorator => SetMetadata(RATE_LIMIT, action);
