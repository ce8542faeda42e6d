import { declareError } from '../common/domain-error.js';

/** 503: Redis is away or did not answer in time. Nothing that people need may depend on it. */
export class RedisUnavailable extends declareError(503, 'redis_unavailable', 'A part of the service cannot be reached right now.', {
  retryAfter: 1,
}) {}
