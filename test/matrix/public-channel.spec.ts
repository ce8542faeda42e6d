import { describeMatrix } from './support/matrix.js';

describeMatrix({ type: 'channel', isPublic: true });
