import type { DestinationStream } from 'pino';

interface LogLine {
  level: number;
  time: number;
  msg?: string;
  context?: string;
  reqId?: string;
  responseTime?: number;
  req?: { method?: string; path?: string };
  res?: { statusCode?: number };
  err?: { stack?: string; message?: string };
}

const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/** Turns lines of JSON into lines for people at a terminal. */
export class ReadableLines implements DestinationStream {
  constructor(private readonly sink: DestinationStream) {}

  write(json: string): void {
    this.sink.write(`${readable(JSON.parse(json) as LogLine)}\n`);
  }
}

function readable(line: LogLine): string {
  const clock = new Date(line.time).toISOString().slice(11, 23);
  const level = (LEVELS[line.level] ?? String(line.level)).padEnd(5);
  const words = [clock, level, line.context && `[${line.context}]`, line.res ? access(line) : line.msg, line.reqId];
  return `${words.filter(Boolean).join(' ')}${line.level >= 50 && line.err ? story(line.err) : ''}`;
}

const access = ({ req, res, responseTime }: LogLine): string => `${req?.method} ${req?.path} ${res?.statusCode} ${responseTime} ms`;
const story = ({ stack, message }: NonNullable<LogLine['err']>): string => `\n${stack ?? message}`;
