/** Real programs that tests and benchmarks need: found, or installed from Debian's packages, or named as missing. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Program → Debian's package. */
const PACKAGES = {
  haproxy: 'haproxy',
  wrk: 'wrk',
  nginx: 'nginx-light',
  taskset: 'util-linux',
  ss: 'iproute2',
  strace: 'strace',
  python3: 'python3',
  socat: 'socat',
  'systemd-notify': 'systemd',
  logrotate: 'logrotate',
  rsyslogd: 'rsyslog',
} as const;
export type Component = keyof typeof PACKAGES;
export type Components = Readonly<Record<Component, string | null>>;

const INSTALL_TIMEOUT_MS = 300_000;
const LOCK_TIMEOUT_SECONDS = 60;
/** Debian starts what it installs unless this program forbids it; the tests start their own. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** @returns where the program is, or null. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => isExecutable(file)) ?? null;
}

/** @returns where each program is, or null. */
export function findComponents(): Components {
  return {
    haproxy: findProgram('haproxy'),
    wrk: findProgram('wrk'),
    nginx: findProgram('nginx'),
    taskset: findProgram('taskset'),
    ss: findProgram('ss'),
    strace: findProgram('strace'),
    python3: findProgram('python3'),
    socat: findProgram('socat'),
    'systemd-notify': findProgram('systemd-notify'),
    logrotate: findProgram('logrotate'),
    rsyslogd: findProgram('rsyslogd'),
  };
}

/** Installs what is missing, as root on Debian. @throws Error that says exactly what is missing and how to get it. */
export async function prepareComponents(): Promise<Components> {
  const missing = missingPackages(findComponents());
  if (missing.length === 0) return findComponents();
  await installPackages(missing);
  const still = missingPackages(findComponents());
  if (still.length > 0) throw new Error(`${still.join(', ')} did not bring what was expected of them`);
  return findComponents();
}

/** Installs Debian's packages, as root, and starts none of their services. @throws Error with the command that would do it */
export async function installPackages(missing: readonly string[]): Promise<void> {
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`missing: ${missing.join(', ')}. Install them as root: apt-get update && ${command}`);
  }
  console.log(`Installing ${missing.join(', ')} …`);
  await withoutServices(async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const options = { env, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 16 * 1_048_576 };
    // Somebody else may be installing just now.
    const patient = ['-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`];
    await run('apt-get', ['update', '-qq', ...patient], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...patient, ...missing], options);
  });
}

function missingPackages(found: Components): string[] {
  return (Object.keys(PACKAGES) as Component[]).filter((name) => found[name] === null).map((name) => PACKAGES[name]);
}

async function withoutServices(install: () => Promise<void>): Promise<void> {
  const isOurs = !existsSync(POLICY_FILE);
  if (isOurs) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isOurs) rmSync(POLICY_FILE, { force: true });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
