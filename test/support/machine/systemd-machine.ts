/**
 * A machine of the test's own with real systemd as its first process: own processes, mounts, cgroups and host name, the
 * test's network. Its disk is this machine's, and what is written goes to memory. systemd finds no unit but those that the
 * test writes, since Debian's would set up the kernel that all share.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Ending, temporaryFolder } from '../at-end.js';
import { eventually } from '../eventually.js';
import { startFirstProcess } from './first-process.js';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
/** A command that waits for a unit that never comes up ends with its test. */
const COMMAND_MS = 60_000;
const UNITS = '/etc/autoproxy-units';

/** $0: the cgroup that is to be the machine's root, $1...: the command. */
const IN_CGROUP = 'mkdir "$0" && echo $$ > "$0/cgroup.procs" && exec "$@"';

/** $0: a folder, $1: this program, $2: Node, $3: where to write the id of this process as others see it. The kernel's settings stay as they are. */
const FIRST_PROCESS = `set -e
read id rest < /proc/self/stat
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$0"
cd "$0"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" root
cd root
mount --rbind /dev dev
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p opt/autoproxy usr/local/bin .${UNITS}
mount --bind "$1" opt/autoproxy
rm -f usr/local/bin/node
touch usr/local/bin/node
mount --bind "$2" usr/local/bin/node
ln -sf /opt/autoproxy/dist/src/cli/autoproxy usr/local/bin/autoproxy
for name in sysinit basic shutdown network-online; do
  printf '[Unit]\\nDefaultDependencies=no\\n' > ".${UNITS}/$name.target"
done
echo "$id" > "$3"
mkdir old
pivot_root . old
umount -l old
export container=autoproxy-test SYSTEMD_UNIT_PATH=${UNITS}
exec /lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=false < /dev/null`;

let machines = 0;

/** Where cgroups of version 2 are; null: nowhere. */
function cgroupRoot(): string | null {
  return /^\S+ (\S+) cgroup2 rw/m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1] ?? null;
}

/** @returns why systemd cannot be the first process of a machine here; false: it can */
export function whyNoSystemd(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is missing';
  if (cgroupRoot() === null) return 'it needs cgroups of version 2 that can be written';
  try {
    execFileSync('unshare', ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--fork', 'true'], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `it needs namespaces: ${(error as Error).message.trim()}`;
  }
}

export class SystemdMachine {
  readonly #inside: readonly string[];

  private constructor(firstPid: number) {
    this.#inside = ['nsenter', '--target', String(firstPid), ...['--mount', '--pid', '--cgroup', '--ipc', '--uts']];
  }

  static async start(context: Ending): Promise<SystemdMachine> {
    machines += 1;
    const cgroup = `autoproxy-systemd-${process.pid}-${machines}`;
    const folder = temporaryFolder(context, 'systemd');
    const idFile = path.join(folder, 'first-pid');
    const disk = path.join(folder, 'disk');
    mkdirSync(disk);
    const spaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--fork', '--kill-child'];
    const first = ['unshare', ...spaces, 'sh', '-c', FIRST_PROCESS, disk, ROOT, process.execPath, idFile];
    const command = ['sh', '-c', IN_CGROUP, path.join(cgroupRoot() ?? '', cgroup), ...first];
    const failure = 'systemd does not run here';
    const pid = await startFirstProcess(context, { command, idFile, cgroup, folder, failure });
    const machine = new SystemdMachine(pid);
    await eventually('systemd is up', async () => (await machine.property('basic.target', 'ActiveState')) === 'active');
    return machine;
  }

  /** Runs a command on it, to its end. @returns its standard output */
  async run(...command: readonly string[]): Promise<string> {
    const [program = '', ...rest] = [...this.#inside, ...command];
    return (await run(program, rest, { timeout: COMMAND_MS })).stdout;
  }

  systemctl(...words: readonly string[]): Promise<string> {
    return this.run('systemctl', '--no-pager', ...words);
  }

  /** Empty while it is not known. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.systemctl('show', '--property', name, '--value', unit).catch(() => '')).trim();
  }

  async write(file: string, text: string): Promise<void> {
    await this.run('sh', '-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', 'sh', file, text);
  }

  /** Copies the unit of a file of this project; its output goes to /var/log/NAME.log, since the machine has no journal. */
  async install(unit: string, more = ''): Promise<void> {
    const name = path.basename(unit, '.service');
    const log = `append:/var/log/${name}.log`;
    await this.run('cp', path.join('/opt/autoproxy', unit), UNITS);
    const text = `[Service]\nStandardOutput=${log}\nStandardError=${log}\n${more}`;
    await this.write(`${UNITS}/${name}.service.d/test.conf`, text);
    await this.systemctl('daemon-reload');
  }

  log(name: string): Promise<string> {
    return this.run('cat', `/var/log/${name}.log`);
  }
}
