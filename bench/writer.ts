import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../src/app.module.js';
import { ProcessRole } from '../src/config/process-role.js';
import { loadSettings } from '../src/config/settings.js';
import { SearchIndex, type Indexable } from '../src/search/search-index.service.js';
import { MessageWriter } from '../src/timeline/message-writer.service.js';
import { percentile } from './measure.js';
import { serve } from './processes.js';
import { roomId, sessionId, TEXT, userId } from './fixture.js';

// The application's services without sockets: the writer, and the search index.

export interface WriterPlan {
  /** Unanswered sends at any moment. */
  pending: number;
  firstRoom: number;
  rooms: number;
  members: number;
  /** Member p of room r is user: `(r * stride + p) % users`. */
  stride: number;
  users: number;
  seconds: number;
}

export interface WriterResult {
  sendsPerSecond: number;
  /** With those of the warm-up. */
  sends: number;
  p50: number;
  p99: number;
  cpuMicros: number;
}

let app: INestApplicationContext | undefined;
const application = async (): Promise<INestApplicationContext> =>
  (app ??= await NestFactory.createApplicationContext(AppModule.forRoot(loadSettings(), ProcessRole.command), { logger: false }));

async function write({ pending, firstRoom, rooms, members, stride, users, seconds }: WriterPlan): Promise<WriterResult> {
  const writer = (await application()).get(MessageWriter, { strict: false });
  const times: number[] = [];
  let sends = 0;
  let measuring = false;
  let stopped = false;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const room = Math.floor(Math.random() * rooms);
      const user = (room * stride + Math.floor(Math.random() * members)) % users;
      const since = performance.now();
      const actor = { userId: userId(user), sessionId: sessionId(user), admin: false };
      await writer.sendMessage(actor, { roomId: roomId(firstRoom + room), id: randomUUID(), text: TEXT });
      sends++;
      if (measuring) times.push(performance.now() - since);
    }
  };
  const loops = Array.from({ length: pending }, loop);
  await pause(1_000);
  measuring = true;
  const since = performance.now();
  const cpu = process.cpuUsage();
  await pause(seconds * 1_000);
  measuring = false;
  const elapsed = (performance.now() - since) / 1_000;
  const used = process.cpuUsage(cpu);
  stopped = true;
  await Promise.all(loops);
  return {
    sends,
    sendsPerSecond: times.length / elapsed,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    cpuMicros: (used.user + used.system) / times.length,
  };
}

/** @param messages ascending by (room, seq), as the index requires */
async function index(messages: Indexable[]): Promise<void> {
  const entries = messages.map((message) => ({ ...message, createdAt: new Date(message.createdAt) }));
  await (await application()).get(SearchIndex, { strict: false }).indexMessages(entries);
}

serve({ write, index });
