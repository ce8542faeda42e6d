import { openApiDocument } from './docs.js';
import { previewApp } from './preview.js';

// Prints the OpenAPI document.
process.stdout.write(`${JSON.stringify(openApiDocument(await previewApp()), null, 2)}\n`);
