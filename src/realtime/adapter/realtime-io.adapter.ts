import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { lastValueFrom, type Observable } from 'rxjs';
import type { Server, ServerOptions, Socket } from 'socket.io';
import type { Settings } from '../../config/settings.js';
import { RedisConnections } from '../../redis/redis-connections.js';
import { ackOf, refused } from './acks.js';
import { jsonTextParser } from './json-text.js';
import { redisAdapter } from './redis.adapter.js';

/** Creates the Socket.IO server: with limits on every input, for the allowed origins only, connected to other processes if there is Redis. */
export class RealtimeIoAdapter extends IoAdapter {
  constructor(
    private readonly app: INestApplicationContext,
    private readonly settings: Settings,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    const { realtime, corsOrigins } = this.settings;
    const redis = this.app.get(RedisConnections);
    return super.createIOServer(port, {
      ...options,
      parser: jsonTextParser,
      ...(redis.status !== 'off' && { adapter: redisAdapter(redis) }),
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: realtime.packetBytes,
      connectTimeout: realtime.connectTimeoutMs,
      // Browsers of other origins need both: CORS to poll, and `allowRequest` to open a WebSocket, which CORS does not cover.
      ...(corsOrigins.length > 0 && { cors: { origin: corsOrigins.includes('*') ? '*' : [...corsOrigins] } }),
      allowRequest: (request: IncomingMessage, decide: (error: string | null, allowed: boolean) => void) => {
        const allowed = isAllowed(request, corsOrigins);
        decide(allowed ? null : 'The origin is not allowed.', allowed);
      },
    } as ServerOptions);
  }

  /** Binds one listener per event where Nest would keep a stream: a socket has a dozen of them for as long as it is connected. */
  override bindMessageHandlers(
    socket: Socket,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<object>,
  ): void {
    for (const { message, callback } of handlers) {
      socket.on(message as string, (...args: unknown[]) => {
        const ack = ackOf(args);
        lastValueFrom(transform(callback(args[0], ack)), { defaultValue: null }).then(
          (answer) => answer && ack(answer), // AckFilter has acked errors
          (error: unknown) => ack(refused(error)),
        );
      });
    }
  }
}

function isAllowed({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin } = headers;
  if (!origin || origins.includes('*') || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === (headers['x-forwarded-host'] ?? headers.host);
}
