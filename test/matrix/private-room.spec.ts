import { everythingTriedIn } from './support/matrix.js';

everythingTriedIn({ type: 'private_messages', isPublic: false });
