import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { needProgram } from './debian.js';
import { freePort } from './free-port.js';
import type { S3Server } from './s3.js';
import { until } from './until.js';

const run = promisify(execFile);
const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-common'];
const BUCKET = 'parley-test';

/**
 * A real S3 server that checks signatures: Ceph's gateway over one monitor and one store in memory, thrown away afterwards. Installing takes
 * about 20 s, starting less than 2. With S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY_ID and S3_TEST_SECRET_ACCESS_KEY an existing server is used.
 */
export async function startRadosgw(): Promise<S3Server> {
  const { S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY_ID = '', S3_TEST_SECRET_ACCESS_KEY = '' } = process.env;
  if (S3_TEST_ENDPOINT) return serve(S3_TEST_ENDPOINT, [S3_TEST_ACCESS_KEY_ID, S3_TEST_SECRET_ACCESS_KEY], async () => undefined);
  needProgram('radosgw', ...PACKAGES);
  const cluster = new Cluster(await mkdtemp(path.join(tmpdir(), 'parley-ceph-')));
  try {
    return await serve(await cluster.start(), ['test', 'testsecret'], () => cluster.stop());
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function serve(endpoint: string, [accessKeyId, secretAccessKey]: [string, string], stop: () => Promise<void>): Promise<S3Server> {
  const bucket = process.env.S3_TEST_ENDPOINT ? `${BUCKET}-${randomUUID()}` : BUCKET;
  const credentials = { accessKeyId, secretAccessKey };
  const options = { bucket, endpoint, region: 'us-east-1', credentials, forcePathStyle: true };
  const client = new S3Client(options);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { options, checksSignatures: true, stop };
}

class Cluster {
  private readonly children: ChildProcess[] = [];
  private readonly env: NodeJS.ProcessEnv;

  constructor(private readonly dir: string) {
    this.env = { ...process.env, CEPH_CONF: path.join(dir, 'ceph.conf') };
  }

  /** @returns the address of the gateway */
  async start(): Promise<string> {
    const [v2, v1, gateway] = [await freePort(), await freePort(), await freePort()];
    const [fsid, osd] = [randomUUID(), randomUUID()];
    for (const folder of ['mon', 'osd/0', 'mgr/x', 'run', 'log', 'rgw']) await mkdir(path.join(this.dir, folder), { recursive: true });
    const monitor = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
    await writeFile(path.join(this.dir, 'ceph.conf'), configuration(this.dir, fsid, monitor, gateway));

    await this.tool('ceph-authtool', '--create-keyring', 'kr', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    const all = ['mon', 'osd', 'mgr'].flatMap((service) => ['--cap', service, 'allow *']);
    for (const name of ['client.admin', 'mgr.x', 'osd.0']) await this.tool('ceph-authtool', 'kr', '--gen-key', '-n', name, ...all);
    await this.tool('monmaptool', '--create', '--clobber', '--fsid', fsid, '--addv', 'a', monitor, 'monmap');
    await this.tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'kr');
    this.daemon('ceph-mon', '-i', 'a');
    await this.tool('ceph', '--connect-timeout', '30', 'osd', 'create', osd);
    this.daemon('ceph-mgr', '-i', 'x');
    await this.tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
    this.daemon('ceph-osd', '-i', '0');
    const keys = ['--access-key=test', '--secret-key=testsecret'];
    await this.tool('radosgw-admin', 'user', 'create', '--uid=chat', '--display-name=chat', ...keys);
    this.daemon('radosgw', '-n', 'client.admin');

    const endpoint = `http://127.0.0.1:${gateway}`;
    const answers = () =>
      fetch(endpoint).then(
        (answer) => answer.ok,
        () => false,
      );
    await until('the S3 gateway', async () => this.allRun() && (await answers()), 60_000);
    return endpoint;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }),
    );
    await rm(this.dir, { recursive: true, force: true });
  }

  private async tool(program: string, ...args: string[]): Promise<void> {
    await run(program, args, { cwd: this.dir, env: this.env, timeout: 90_000 });
  }

  private daemon(program: string, ...args: string[]): void {
    this.children.push(spawn(program, [...args, '-f'], { cwd: this.dir, env: this.env, stdio: 'ignore' }));
  }

  /** @throws the last of what was logged, when one has ended */
  private allRun(): true {
    const ended = this.children.find((child) => child.exitCode !== null || child.signalCode !== null);
    if (!ended) return true;
    const logs = readdirSync(path.join(this.dir, 'log')).map((name) => readFileSync(path.join(this.dir, 'log', name), 'utf8'));
    throw new Error(`${ended.spawnfile} ended:\n${logs.map((log) => log.slice(-1_000)).join('\n')}`);
  }
}

/** The monitor waits for others to agree before each change, 14 s in all: here it is alone, and need not. */
const configuration = (dir: string, fsid: string, monitor: string, gateway: number): string => `[global]
keyring = ${dir}/kr
fsid = ${fsid}
mon_host = ${monitor}
mon_initial_members = a
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_crush_chooseleaf_type = 0
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_allow_pool_size_one = true
osd_objectstore = memstore
memstore_device_bytes = 2147483648
run_dir = ${dir}/run
log_file = ${dir}/log/$name.log
admin_socket = ${dir}/run/$name.asok
pid_file = ${dir}/run/$name.pid
public_addr = 127.0.0.1
osd_memory_target = 939524096
mon_data = ${dir}/mon/$id
osd_data = ${dir}/osd/$id
mgr_data = ${dir}/mgr/$id
[client]
rgw_frontends = beast endpoint=127.0.0.1:${gateway}
rgw_data = ${dir}/rgw
`;
