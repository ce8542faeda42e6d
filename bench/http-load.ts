import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from './measure.js';
import { serve } from './processes.js';

// Readers over HTTP: each sends the next request after the answer to the last.

export interface PageRequest {
  path: string;
  token: string;
}

export interface HttpPlan {
  port: number;
  readers: number;
  /** Sent in turn, by all readers together. */
  requests: PageRequest[];
  seconds: number;
}

export interface HttpResult {
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  /** Average bytes of an answer. */
  bytes: number;
  failed: number;
}

/** One connection, kept open. */
class Reader {
  private readonly socket: Socket;
  private parts: Buffer[] = [];
  private length = 0;
  private wanted = -1;
  private status = 0;
  private answered: (answer: { status: number; bytes: number }) => void = () => undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setNoDelay(true);
    this.socket.on('data', (data: Buffer) => this.receive(data));
    this.socket.on('error', () => this.answered({ status: 0, bytes: 0 }));
  }

  request({ path, token }: PageRequest): Promise<{ status: number; bytes: number }> {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(data: Buffer): void {
    this.parts.push(data);
    this.length += data.length;
    if (this.wanted < 0) {
      const all = Buffer.concat(this.parts);
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = all.toString('latin1', 0, end);
      this.status = Number(head.slice(9, 12));
      this.wanted = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    }
    if (this.length < this.wanted) return;
    const bytes = this.wanted;
    this.parts = [];
    this.length = 0;
    this.wanted = -1;
    this.answered({ status: this.status, bytes });
  }
}

async function read({ port, readers, requests, seconds }: HttpPlan): Promise<HttpResult> {
  const times: number[] = [];
  let measuring = false;
  let stopped = false;
  let failed = 0;
  let bytes = 0;
  let next = 0;
  const loop = async (): Promise<void> => {
    const reader = new Reader(port);
    while (!stopped) {
      const since = performance.now();
      const answer = await reader.request(requests[next++ % requests.length]!);
      if (!measuring) continue;
      if (answer.status !== 200) failed++;
      bytes += answer.bytes;
      times.push(performance.now() - since);
    }
    reader.close();
  };
  const loops = Array.from({ length: readers }, loop);
  await pause(500);
  measuring = true;
  const since = performance.now();
  await pause(seconds * 1_000);
  measuring = false;
  const elapsed = (performance.now() - since) / 1_000;
  stopped = true;
  await Promise.all(loops);
  const at = (share: number): number => percentile(times, share);
  return { perSecond: times.length / elapsed, p50: at(0.5), p95: at(0.95), p99: at(0.99), bytes: bytes / times.length, failed };
}

serve({ read });
