import { describe } from '@jest/globals';
import { startRadosgw } from '../support/radosgw.js';
import { type S3Server, startS3rver } from '../support/s3.js';
import { type StoreUnderTest, describeMedia } from './media-stories.js';

const asStore = async (starting: Promise<S3Server>): Promise<StoreUnderTest> => {
  const { options, stop } = await starting;
  return {
    env: {
      S3_BUCKET: options.bucket,
      S3_ENDPOINT: options.endpoint!,
      S3_REGION: options.region,
      S3_ACCESS_KEY_ID: options.credentials!.accessKeyId,
      S3_SECRET_ACCESS_KEY: options.credentials!.secretAccessKey,
      S3_FORCE_PATH_STYLE: 'on',
    },
    stop,
  };
};

describe('in S3 (s3rver)', () => describeMedia(() => asStore(startS3rver())));
describe('in S3 (radosgw, which checks signatures)', () => describeMedia(() => asStore(startRadosgw())));
