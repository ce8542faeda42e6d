import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from './measure.js';
import { serve } from './processes.js';
import { WireClient } from './wire.js';

// A process of many clients that connect, send and listen, controlled over IPC.

export interface LoadClient {
  port: number;
  token: string | null;
  roomId: string;
}

export interface ConnectPlan {
  clients: LoadClient[];
  /** The event after which a client is ready; null: after joining the namespace. */
  readyEvent: string | null;
}

export interface RunPlan {
  /** Closed loop: this number of clients, evenly chosen, send the next message after the ack of the last. */
  senders?: number;
  /** Unacknowledged messages of each sender. */
  each?: number;
  /** Open loop: messages a second, independent of the answers. */
  rate?: number;
  /** Seconds before the measurement. */
  warmUp?: number;
  /** Bytes of a text. */
  size?: number;
  /** One of this number of clients reads every message that it receives; the others only count them. */
  sampleOf?: number;
  /** Keep the ids of acknowledged messages. */
  keep?: boolean;
  /** Only this number of clients, from the front of the list, send and read. */
  among?: number;
  /** How long to wait for answers at the end. */
  settleMs?: number;
}

export interface RunResult {
  sentPerSecond: number;
  ackedPerSecond: number;
  refusedPerSecond: number;
  deliveriesPerSecond: number;
  ackMs: { p50: number; p99: number };
  refusedMs: { p50: number; p99: number };
  deliveryMs: { p50: number; p99: number };
  /** Processor time of the clients, as a share of the time. */
  clientCpu: number;
}

const now = (): number => performance.timeOrigin + performance.now();
const TEXT = Buffer.from('"text":"');
const SEQ = Buffer.from('"seq":');
const OK = Buffer.from('"ok":true');
const PAD = 'x'.repeat(10_000);

interface Run {
  measuring: boolean;
  stopped: boolean;
  plan: RunPlan;
  sent: number;
  acked: number;
  refused: number;
  deliveries: number;
  ackMs: number[];
  refusedMs: number[];
  deliveryMs: number[];
  kept: string[];
}

const emptyCounts = (): Omit<Run, 'measuring' | 'stopped' | 'plan'> => ({
  ...{ sent: 0, acked: 0, refused: 0, deliveries: 0 },
  ...{ ackMs: [], refusedMs: [], deliveryMs: [], kept: [] },
});

let run: Run | null = null;
let clients: Client[] = [];
let closed = 0;

class Client {
  ready = false;
  /** Sends the next message on an answer. */
  looping = false;
  sampled = false;
  private readonly wire: WireClient;
  private readonly pending = new Map<number, { at: number; id: string }>();
  private next = 1;

  constructor(
    private readonly plan: LoadClient,
    readyEvent: string | null,
  ) {
    this.wire = new WireClient(plan.port, plan.token === null ? null : { token: plan.token }, readyEvent, {
      ready: () => (this.ready = true),
      ack: (id, frame) => this.onAck(id, frame),
      messages: (frame) => this.onMessages(frame),
      closed: () => closed++,
    });
  }

  send(): void {
    if (!run) return;
    const at = now();
    const id = randomUUID();
    const stamp = at.toFixed(3).padStart(18, '0');
    const text = stamp + PAD.slice(0, (run.plan.size ?? 100) - stamp.length);
    const ack = this.next++;
    this.pending.set(ack, { at, id });
    this.wire.send(`42${ack}["message:send",{"roomId":"${this.plan.roomId}","id":"${id}","text":"${text}"}]`);
    if (run.measuring) run.sent++;
  }

  stall(): void {
    this.wire.stall();
  }

  close(): void {
    this.wire.close();
  }

  private onAck(ack: number, frame: Buffer): void {
    const sent = this.pending.get(ack);
    this.pending.delete(ack);
    if (!run || !sent) return;
    const ok = frame.subarray(0, 40).includes(OK);
    const ms = now() - sent.at;
    if (ok && run.plan.keep) run.kept.push(sent.id);
    if (run.measuring) {
      (ok ? run.ackMs : run.refusedMs).push(ms);
      if (ok) run.acked++;
      else run.refused++;
    }
    if (this.looping && !run.stopped) this.send();
  }

  private onMessages(frame: Buffer): void {
    if (!run?.measuring) return;
    if (!this.sampled) return void (run.deliveries += countOf(frame));
    for (let at = frame.indexOf(TEXT); at >= 0; at = frame.indexOf(TEXT, at + 26)) {
      run.deliveries++;
      run.deliveryMs.push(now() - Number(frame.toString('latin1', at + 8, at + 26)));
    }
  }
}

/** Returns how many messages a packet has: their numbers are consecutive. */
function countOf(frame: Buffer): number {
  const first = frame.indexOf(SEQ);
  const last = frame.lastIndexOf(SEQ);
  if (first === last) return 1;
  return parseInt(frame.toString('latin1', last + 6, last + 22), 10) - parseInt(frame.toString('latin1', first + 6, first + 22), 10) + 1;
}

async function connectAll({ clients: plans, readyEvent }: ConnectPlan): Promise<number> {
  const added: Client[] = [];
  const waiting = (): number => added.filter((client) => !client.ready).length;
  for (const plan of plans) {
    added.push(new Client(plan, readyEvent));
    while (added.length % 50 === 0 && waiting() > 50) await pause(5);
  }
  for (const until = Date.now() + 60_000; waiting() > 0; await pause(10)) {
    if (Date.now() > until) throw new Error(`${waiting()} of ${added.length} clients are not ready`);
  }
  clients = clients.concat(added);
  return clients.length;
}

/** Starts a run, and returns after its warm-up. */
async function start(plan: RunPlan): Promise<void> {
  const among = clients.slice(0, plan.among);
  const sampleOf = plan.sampleOf ?? Math.max(1, Math.floor(clients.length / 20));
  clients.forEach((client, index) => (client.sampled = index % sampleOf === 0 && index < among.length));
  run = { measuring: false, stopped: false, plan, ...emptyCounts() };
  if (plan.rate !== undefined) void offer(plan.rate, run, among);
  else loop(plan, among);
  await pause((plan.warmUp ?? 1) * 1_000);
}

async function measure(seconds: number): Promise<RunResult> {
  if (!run) throw new Error('no run was started');
  const current = run;
  const cpu = process.cpuUsage();
  const since = performance.now();
  current.measuring = true;
  await pause(seconds * 1_000);
  current.measuring = false;
  const elapsed = (performance.now() - since) / 1_000;
  const used = process.cpuUsage(cpu);
  const both = (values: number[]): { p50: number; p99: number } => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  const result = {
    sentPerSecond: current.sent / elapsed,
    ackedPerSecond: current.acked / elapsed,
    refusedPerSecond: current.refused / elapsed,
    deliveriesPerSecond: current.deliveries / elapsed,
    ackMs: both(current.ackMs),
    refusedMs: both(current.refusedMs),
    deliveryMs: both(current.deliveryMs),
    clientCpu: (used.user + used.system) / 1e6 / elapsed,
  };
  Object.assign(current, emptyCounts(), { kept: current.kept });
  return result;
}

/** Ends the run and waits for the last answers. Returns the ids of acknowledged messages if the plan keeps them. */
async function end(): Promise<string[]> {
  if (!run) return [];
  const current = run;
  current.stopped = true;
  for (const client of clients) client.looping = false;
  await pause(current.plan.settleMs ?? 200);
  run = null;
  return current.kept;
}

function loop({ senders = 1, each = 1 }: RunPlan, among: readonly Client[]): void {
  for (let index = 0; index < senders; index++) {
    const client = among[Math.floor((index * among.length) / senders)]!;
    client.looping = true;
    for (let more = 0; more < each; more++) client.send();
  }
}

async function offer(rate: number, current: Run, among: readonly Client[]): Promise<void> {
  const since = performance.now();
  for (let sent = 0; !current.stopped; await pause(1)) {
    for (const due = ((performance.now() - since) / 1_000) * rate; sent < due && !current.stopped; sent++) {
      among[Math.floor(Math.random() * among.length)]!.send();
    }
  }
}

serve({
  connect: connectAll,
  start,
  measure,
  end,
  stall: (count: number) => clients.slice(-count).forEach((client) => client.stall()),
  closed: () => closed,
  close: () => {
    for (const client of clients) client.close();
    clients = [];
  },
});
