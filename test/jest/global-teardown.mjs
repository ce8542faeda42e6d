import fs from 'node:fs';

export default async () => {
  const { server, dataDir } = globalThis.testPostgres ?? {};
  await server?.stop();
  if (dataDir) fs.rmSync(dataDir, { recursive: true, force: true });
};
