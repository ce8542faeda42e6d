import { previewApp } from './preview.js';
import { asyncApiDocument } from './realtime/docs/asyncapi.js';

// Prints the AsyncAPI document.
process.stdout.write(`${JSON.stringify(asyncApiDocument(await previewApp()), null, 2)}\n`);
