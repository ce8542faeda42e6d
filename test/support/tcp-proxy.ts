import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Forwards between a client and a server, and fails as a network can. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private silent = false;
  private writesLeft = Infinity;
  private server: Server;
  private port = 0;

  private constructor(private readonly target: URL) {
    this.server = this.makeServer();
  }

  /** In front of the server that the address names. */
  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.open();
    return proxy;
  }

  /** The address to use in place of the server's own. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Keeps every connection, takes new ones, and lets nothing through. */
  silence(): void {
    this.silent = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Behaves like a stopped server: connections end, new ones are refused. */
  async refuse(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  /** Ends every connection; new ones are accepted. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends the connection on which a client writes once more than `writes` times, whoever wrote before; the others stay. */
  cutAfter(writes: number): void {
    this.writesLeft = writes;
  }

  /** Whether a connection was ended by {@link cutAfter}. */
  get hasCut(): boolean {
    return this.writesLeft < 0;
  }

  /** Works again, on the same port; connections that were silent are lost. */
  async open(): Promise<void> {
    if (this.silent) this.cut();
    this.silent = false;
    if (this.server.listening) return;
    this.server = this.makeServer().listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.refuse();
  }

  private makeServer(): Server {
    return createServer((near) => {
      const far = connect(Number(this.target.port || 5432), this.target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('data', (bytes) => {
          if (from === near && this.writesLeft-- === 0) near.destroy();
          else to.write(bytes);
        });
        from.on('error', () => undefined);
        from.once('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        if (this.silent) from.pause();
      }
    });
  }
}
