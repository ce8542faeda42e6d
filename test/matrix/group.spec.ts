import { everythingTriedIn } from './support/matrix.js';

everythingTriedIn({ type: 'group', isPublic: false });
