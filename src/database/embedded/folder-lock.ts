import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { draftsOf, linkUnlessExists, readText } from '../../common/files.js';
import { isSameProcess, processIdentity } from './processes.js';

const TIMEOUT_MS = 90_000;
const POLL_MS = 20;

const writeIdentity = (file: string): void => writeFileSync(file, processIdentity(process.pid), { mode: 0o600 });

/** Runs `work` while no other process holds the lock. A lock of an ended process is removed. */
export async function withFolderLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const draft = `${file}.${randomUUID()}`;
  writeIdentity(draft);
  try {
    for (const deadline = Date.now() + TIMEOUT_MS; !linkUnlessExists(draft, file); await sleep(POLL_MS)) {
      if (Date.now() > deadline) throw new Error(`${file} is locked by process ${readText(file)}: stop it, then start again`);
      removeStaleLock(file);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  try {
    for (const other of draftsOf(file)) if (!isSameProcess(readText(other))) rmSync(other, { force: true });
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function removeStaleLock(file: string): void {
  const identity = readText(file);
  if (!identity || isSameProcess(identity)) return;
  const removed = `${file}.${randomUUID()}`;
  try {
    renameSync(file, removed);
    // Another process may have removed it first and locked again: then this is a valid lock.
    if (isSameProcess(readText(removed))) linkUnlessExists(removed, file);
  } catch {
    // Another process has removed it.
  } finally {
    rmSync(removed, { force: true });
  }
}

/** The processes that use one server, one file for each. */
export class FolderUsers {
  private readonly ownFile: string;

  constructor(private readonly folder: string) {
    this.ownFile = path.join(folder, String(process.pid));
  }

  addSelf(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeIdentity(this.ownFile);
  }

  /** Removes this process and those that have ended. Returns whether any are left. */
  removeSelf(): boolean {
    const files = readdirSync(this.folder).map((name) => path.join(this.folder, name));
    for (const file of files) if (file === this.ownFile || !isSameProcess(readText(file))) rmSync(file, { force: true });
    return readdirSync(this.folder).length > 0;
  }
}
