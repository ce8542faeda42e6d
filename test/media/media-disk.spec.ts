import { tellsOfMedia } from './stories.js';

tellsOfMedia(async () => ({ env: {}, stop: async () => undefined }));
