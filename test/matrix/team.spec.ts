import { everythingTriedIn } from './support/matrix.js';

everythingTriedIn({ type: 'team', isPublic: false });
