import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { PipeReader } from './pipe-reader.js';

/** The compiled program, also where the sources themselves run. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/src/media/decoders/decoder-program.js' : './decoder-program.js',
    import.meta.url,
  ),
);
/** Of its JavaScript; what images need comes on top, and is bounded by their pixels. */
const HEAP_MB = 256;

/** One decoder at work. Whatever goes wrong with it, it is thrown away. */
export class DecoderProcess {
  readonly answers: PipeReader;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;

  constructor() {
    this.child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { MALLOC_ARENA_MAX: '2' }, // its memory, not speed, is what must stay small
    });
    // Its end is told by its stdout, also when it could not be started or takes no more.
    this.child.on('error', () => this.child.stdout.destroy());
    this.child.stdin.on('error', () => undefined);
    this.answers = new PipeReader(this.child.stdout);
  }

  get alive(): boolean {
    return !this.child.killed && this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** Ends when all is written. Rejects, and destroys the body, when nobody takes it any more. */
  async feed(line: string, body: Readable): Promise<void> {
    this.child.stdin.write(`${line}\n`);
    await pipeline(body, this.child.stdin, { end: false });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Kills it, and waits until nothing of it is left. */
  async end(): Promise<void> {
    if (!this.alive) return;
    const gone = once(this.child, 'close');
    this.kill();
    await gone;
  }
}
