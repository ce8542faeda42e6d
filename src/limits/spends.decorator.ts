import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { LimitedAction } from './limits.types.js';

export const SPENDS = 'parley:spends';

/** What a route, or all of a controller, spends instead of `request`; null: nothing. */
export const Spends = (action: LimitedAction | null): CustomDecorator => SetMetadata(SPENDS, action);
