import { readFileSync, readlinkSync, readdirSync } from 'node:fs';

const linux = process.platform === 'linux';

const text = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

const link = (file: string): string | null => {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
};

/** The fields of /proc/PID/stat behind the command's name, which may itself hold blanks and brackets. */
const statFields = (pid: number): string[] => (text(`/proc/${pid}/stat`) ?? '').split(') ').at(-1)?.split(' ') ?? [];

/** kill(pid, 0) also succeeds for a zombie, which a PID 1 that does not reap leaves standing for ever. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !linux || !['Z', 'X', undefined, ''].includes(statFields(pid)[0]);
}

/** Whether this process is the server of that data folder, and not one that was given its number later. */
export function isPostgresOf(dataDir: string, pid: number): boolean {
  if (!isAlive(pid)) return false;
  if (!linux) return true;
  const cwd = link(`/proc/${pid}/cwd`);
  return cwd ? cwd === dataDir : (text(`/proc/${pid}/cmdline`) ?? '').includes('postgres');
}

/** Whether any process works in that folder: backends outlive a killed postmaster for a moment. */
export function isWorkedIn(dataDir: string): boolean {
  return linux && readdirSync('/proc').some((name) => /^\d+$/.test(name) && link(`/proc/${name}/cwd`) === dataDir && isAlive(Number(name)));
}

/** Names a process beyond the reuse of its number: the number and when it started. */
export const identity = (pid: number): string => `${pid} ${linux ? (statFields(pid)[19] ?? '') : ''}`.trim();

export function isSameProcess(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  return isAlive(pid) && identity(pid) === name.trim();
}
