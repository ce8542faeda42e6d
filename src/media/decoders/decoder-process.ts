import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
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
  private readonly closed = new AbortController();

  constructor() {
    this.child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { MALLOC_ARENA_MAX: '2' }, // less memory rather than more speed
    });
    // The end of its stdout reports every failure, also a failed start or a closed stdin.
    this.child.on('error', () => this.child.stdout.destroy());
    this.child.stdin.on('error', () => undefined);
    this.child.once('close', () => this.closed.abort());
    this.answers = new PipeReader(this.child.stdout);
  }

  get alive(): boolean {
    return !this.child.killed && this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** Sends a request and its file. Rejects when the body fails, and, destroying the body, when the process has ended. */
  async send(line: string, body: Readable): Promise<void> {
    const { stdin } = this.child;
    stdin.write(`${line}\n`);
    // `pipeline` with `end: false` would leave listeners on stdin for every file.
    for await (const chunk of body) {
      if (!stdin.write(chunk)) await once(stdin, 'drain', { signal: this.closed.signal });
    }
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
