import { describeMatrix } from './support/matrix.js';

describeMatrix({ type: 'private_messages', isPublic: false });
