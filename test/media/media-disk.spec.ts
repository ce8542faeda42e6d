import { describeMedia } from './stories.js';

describeMedia(async () => ({ env: {}, stop: async () => undefined }));
