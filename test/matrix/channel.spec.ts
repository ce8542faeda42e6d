import { everythingTriedIn } from './support/matrix.js';

everythingTriedIn({ type: 'channel', isPublic: false });
