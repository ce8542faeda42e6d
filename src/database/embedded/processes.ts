import { readlinkSync, readdirSync } from 'node:fs';
import { readText } from '../../common/files.js';

const isLinux = process.platform === 'linux';

const readLink = (file: string): string | null => {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
};

/** Returns the fields of /proc/PID/stat after the command name, which may itself contain spaces and brackets. */
const statFields = (pid: number): string[] => readText(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];

/** Whether the process runs. kill(pid, 0) also succeeds for a zombie, which remains forever under a PID 1 that does not reap. */
export function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isLinux || !['Z', 'X', undefined, ''].includes(statFields(pid)[0]);
}

/** Whether the process is the server of that data folder, and not another one that got its pid later. */
export function isPostgresOf(dataDir: string, pid: number): boolean {
  if (!isRunning(pid)) return false;
  if (!isLinux) return true;
  const cwd = readLink(`/proc/${pid}/cwd`);
  return cwd ? cwd === dataDir : readText(`/proc/${pid}/cmdline`).includes('postgres');
}

/** Whether any process works in the folder: backends run a little longer than a killed postmaster. */
export function isFolderInUse(dataDir: string): boolean {
  return (
    isLinux &&
    readdirSync('/proc').some((name) => /^\d+$/.test(name) && readLink(`/proc/${name}/cwd`) === dataDir && isRunning(Number(name)))
  );
}

/** Identifies a process even if its pid is reused: the pid and the start time. */
export const processIdentity = (pid: number): string => `${pid} ${isLinux ? (statFields(pid)[19] ?? '') : ''}`.trim();

/** Whether the process of {@link processIdentity} still runs. */
export function isSameProcess(identity: string): boolean {
  const pid = Number.parseInt(identity, 10);
  return isRunning(pid) && processIdentity(pid) === identity.trim();
}
