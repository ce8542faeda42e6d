import fs from 'node:fs';

export default async () => {
  const { server, dataDir } = globalThis.testPostgres ?? {};
  await globalThis.sharedApp?.close();
  await server?.stop();
  for (const folder of [dataDir, process.env.TEST_FOLDER]) if (folder) fs.rmSync(folder, { recursive: true, force: true });
};
