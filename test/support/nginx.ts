import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { needProgram } from './debian.js';
import { freePort } from './free-port.js';
import { until } from './until.js';

/** Real nginx with the very configuration that docker-compose.yml uses, before two processes. */
export class Nginx {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly dir: string,
  ) {}

  /** @param ports of the two processes behind it; a single one is listed twice */
  static async start(ports: readonly number[]): Promise<Nginx> {
    needProgram('nginx', 'nginx');
    const [first, second = first] = ports;
    const dir = await mkdtemp(path.join(tmpdir(), 'parley-nginx-'));
    await chmod(dir, 0o777); // nginx's workers give up root
    const listen = `127.0.0.1:${await freePort()}`;
    const values: Record<string, string> = {
      PARLEY_LISTEN: listen,
      PARLEY_NODE_1: `127.0.0.1:${first}`,
      PARLEY_NODE_2: `127.0.0.1:${second}`,
      PARLEY_NGINX_DIR: dir,
    };
    const template = await readFile('deploy/nginx.conf', 'utf8');
    const file = path.join(dir, 'nginx.conf');
    await writeFile(
      file,
      template.replace(/\$\{(PARLEY_\w+)\}/g, (whole, name: string) => values[name] ?? whole),
    );
    const child = spawn('nginx', ['-p', dir, '-c', file, '-g', 'daemon off;'], { stdio: 'ignore' });
    await until('nginx listening', () => answers(listen));
    return new Nginx(`http://${listen}`, child, dir);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null && this.child.signalCode === null) await gone;
    await rm(this.dir, { recursive: true, force: true });
  }
}

const answers = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(`tcp://${address}`);
    const socket = connect(Number(port), hostname)
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
