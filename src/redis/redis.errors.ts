import { declareError } from '../common/domain-error.js';

/** 503: Redis is down or did not answer in time. No use case may depend on Redis. */
export class RedisUnavailable extends declareError(503, 'redis_unavailable', 'A part of the service is unavailable; try again.', {
  retryAfter: 1,
}) {}
