import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identity, isSameProcess } from './processes.js';

const PATIENCE_MS = 90_000;
const GLANCE_MS = 20;

/** Runs `work` while no other process runs its own under the same lock. The lock of a dead process does not count. */
export async function withFolderLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, identity(process.pid), { mode: 0o600 });
  try {
    for (const until = Date.now() + PATIENCE_MS; !taken(draft, file); await sleep(GLANCE_MS)) {
      if (Date.now() > until) throw new Error(`${file} is held by process ${holderOf(file)}`);
      removeStaleLock(file);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  try {
    removeLockDrafts(file);
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function taken(draft: string, file: string): boolean {
  try {
    linkSync(draft, file); // with its content at once: nobody reads half a lock
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const holderOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

function removeStaleLock(file: string): void {
  const holder = holderOf(file);
  if (!holder || isSameProcess(holder)) return;
  const grave = `${file}.${randomUUID()}`;
  try {
    renameSync(file, grave);
    // Another may have dropped it before and locked anew: give it back.
    if (isSameProcess(holderOf(grave))) linkSync(grave, file);
  } catch {
    // Somebody else was faster.
  } finally {
    rmSync(grave, { force: true });
  }
}

/** What processes left that were killed while they waited. */
function removeLockDrafts(file: string): void {
  const folder = path.dirname(file);
  const drafts = readdirSync(folder).filter((name) => name.startsWith(`${path.basename(file)}.`));
  for (const draft of drafts.map((name) => path.join(folder, name))) if (!isSameProcess(holderOf(draft))) rmSync(draft, { force: true });
}

/** The processes that use one server, as files of a folder. */
export class FolderUsers {
  constructor(private readonly folder: string) {}

  enter(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(this.folder, String(process.pid)), identity(process.pid), { mode: 0o600 });
  }

  leave(): void {
    rmSync(path.join(this.folder, String(process.pid)), { force: true });
  }

  /** Whether anyone but this process is in; the dead are swept out. */
  othersAreIn(): boolean {
    let others = false;
    for (const name of this.list()) {
      const file = path.join(this.folder, name);
      if (name === String(process.pid)) continue;
      if (isSameProcess(holderOf(file))) others = true;
      else rmSync(file, { force: true });
    }
    return others;
  }

  private list(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}
