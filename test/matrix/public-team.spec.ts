import { describeMatrix } from './support/matrix.js';

describeMatrix({ type: 'team', isPublic: true });
