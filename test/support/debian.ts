import { execFileSync, spawnSync } from 'node:child_process';

/**
 * Makes sure that a program is installed: root on Debian installs it, once; for any other user the error names the package.
 * @returns seconds that the installation took, 0 when there was nothing to do
 */
export function needProgram(program: string, ...packages: string[]): number {
  if (isHere(program)) return 0;
  if (process.getuid?.() !== 0 || !isHere('apt-get')) {
    throw new Error(`this test needs ${program}: apt-get install ${packages.join(' ')}`);
  }
  const began = performance.now();
  // RUNLEVEL=1: no service may start by itself. Two spec files may ask at once: the second waits for the first.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Get::Lists-Lock-Timeout=300'];
  execFileSync('apt-get', ['update', '-qq', ...wait], { env, stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wait, ...packages], { env, stdio: 'ignore' });
  return (performance.now() - began) / 1000;
}

const isHere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
