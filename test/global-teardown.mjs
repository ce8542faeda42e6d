import fs from 'node:fs';

export default async () => {
  const { server, dataDir } = globalThis.testPostgres ?? {};
  await server?.stop();
  for (const folder of [dataDir, globalThis.testDocuments]) if (folder) fs.rmSync(folder, { recursive: true, force: true });
};
