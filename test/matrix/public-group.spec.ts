import { describeMatrix } from './support/matrix.js';

describeMatrix({ type: 'group', isPublic: true });
