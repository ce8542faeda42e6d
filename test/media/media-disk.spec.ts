import { describeMedia } from './media-stories.js';

describeMedia(async () => ({ env: {}, stop: async () => undefined }));
