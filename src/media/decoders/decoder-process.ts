import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { PipeReader } from './pipe-reader.js';

/** The compiled program, also when this process runs from source. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/src/media/decoders/decoder-program.js' : './decoder-program.js',
    import.meta.url,
  ),
);
/** The heap of its JavaScript. Decoded images need memory beside it, limited by their pixels. */
const HEAP_MB = 256;

/** A child process that decodes one file after the other. After any error it is killed, never reused. */
export class DecoderProcess {
  readonly answers: PipeReader;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;

  constructor() {
    this.child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { MALLOC_ARENA_MAX: '2' }, // less memory rather than more speed
    });
    // The end of its stdout reports every failure, also a failed start or a closed stdin.
    this.child.on('error', () => this.child.stdout.destroy());
    this.child.stdin.on('error', () => undefined);
    this.answers = new PipeReader(this.child.stdout);
  }

  get alive(): boolean {
    return !this.child.killed && this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** Sends a request and its file. Rejects, and destroys the body, when the process has ended. */
  async send(line: string, body: Readable): Promise<void> {
    this.child.stdin.write(`${line}\n`);
    await pipeline(body, this.child.stdin, { end: false });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Kills the process and waits for its end. */
  async end(): Promise<void> {
    if (!this.alive) return;
    const closed = once(this.child, 'close');
    this.kill();
    await closed;
  }
}
