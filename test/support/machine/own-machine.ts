/**
 * A machine of the test's own on this one: its own network, processes, mounts and host name, with a disk in memory. Here
 * an engine and its containers live, since this is the sure way to end them: an engine with live-restore leaves its
 * containers behind, and one that was killed leaves everything.
 *
 * The kernel ends all of it when the first process of the machine ends, and that one ends with the test, however that ends.
 * What the kernel leaves (empty cgroups, the folder) is removed by a guard that outlives a test that was killed.
 */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Ending, temporaryFolder } from '../at-end.js';
import { startFirstProcess } from './first-process.js';
import { NetworkDoor } from './network-door.js';

const run = promisify(execFile);

const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/**
 * $0: the disk, $1: the host name, $2: where to write the id of this process as others see it. /run is empty, since a shim
 * puts its sockets there, but for what names are resolved by. The last line stays and takes in processes whose parents have
 * ended, as the first process of a machine has to: without, an engine waits for dead ones.
 */
const FIRST_PROCESS = {
  begin: `set -e
read id rest < /proc/self/stat
mount -t proc proc /proc
hostname "$1"`,
  ownDisk: 'mount -t tmpfs -o mode=711 tmpfs "$0"',
  emptyRun: `mkdir "$0/run"
names=$(readlink -f /etc/resolv.conf)
case $names in /run/*) mkdir -p "$0\${names%/*}"; cp "$names" "$0$names";; esac
mount --bind "$0/run" /run`,
  // /sys is that of the new network, but with the cgroups that were there: `ip netns exec` hides them, and no container starts.
  ownNetwork: `mkdir "$0/cgroup"
mount --rbind /sys/fs/cgroup "$0/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$0/cgroup" /sys/fs/cgroup
umount --recursive "$0/cgroup"
ip link set lo up`,
  stay: `echo "$id" > "$2"
sleep infinity & wait`,
} as const;

let machines = 0;

export interface MachineOptions {
  /** false: the test's own network is the machine's too. */
  readonly hasOwnNetwork?: boolean;
  /** false: its disk is a folder, for what is too large for memory. */
  readonly isDiskInMemory?: boolean;
}

export class OwnMachine {
  readonly firstPid: number;
  /** On the real disk, so that sockets in it can be reached from outside. */
  readonly folder: string;
  /** In memory unless told otherwise, and then seen on the machine only. */
  readonly disk: string;
  /** The name below which its cgroups are to be. */
  readonly cgroup: string;
  /** In front of a command that is to use the machine's network and is a process of the test's else; it becomes that command. */
  readonly network: readonly string[];
  /** In front of a command that is to run on the machine, where it sees the machine's processes and disk; it is its parent. */
  readonly inside: readonly string[];
  readonly #context: Ending;
  #door: NetworkDoor | null = null;

  private constructor(context: Ending, folder: string, cgroup: string, firstPid: number) {
    this.#context = context;
    this.firstPid = firstPid;
    this.folder = folder;
    this.disk = path.join(folder, 'disk');
    this.cgroup = cgroup;
    this.network = ['nsenter', `--net=/proc/${firstPid}/ns/net`];
    this.inside = ['nsenter', '--target', String(firstPid), '--net', '--mount', '--pid', '--uts'];
  }

  static async start(
    context: Ending,
    hostName: string,
    { hasOwnNetwork = true, isDiskInMemory = true }: MachineOptions = {},
  ): Promise<OwnMachine> {
    machines += 1;
    const cgroup = `autoproxy-test-${process.pid}-${machines}`;
    const folder = temporaryFolder(context, 'machine');
    const disk = path.join(folder, 'disk');
    mkdirSync(disk);
    const idFile = path.join(folder, 'first-pid');
    const spaces = ['--mount', '--pid', '--uts', ...(hasOwnNetwork ? ['--net'] : [])];
    const { begin, ownDisk, emptyRun, ownNetwork, stay } = FIRST_PROCESS;
    const script = [
      begin,
      ...(isDiskInMemory ? [ownDisk] : []),
      emptyRun,
      ...(hasOwnNetwork ? [ownNetwork] : []),
      stay,
    ].join('\n');
    const command = ['unshare', ...spaces, '--fork', '--kill-child', 'sh', '-c', script, disk, hostName, idFile];
    const failure = "no machine of one's own can be made here";
    const pid = await startFirstProcess(context, { command, idFile, cgroup, folder, failure });
    return new OwnMachine(context, folder, cgroup, pid);
  }

  /** Runs a command on it, to its end. @returns its standard output */
  async run(...command: readonly string[]): Promise<string> {
    const [program = '', ...rest] = [...this.inside, ...command];
    return (await run(program, rest, { maxBuffer: MAX_OUTPUT_BYTES })).stdout;
  }

  /**
   * Makes an address of the machine one of the test's as well: what connects there is connected to the same address on the
   * machine. `host` is a loopback address.
   */
  async open(host: string, port: number): Promise<void> {
    this.#door ??= NetworkDoor.start(this.#context, this.network);
    await this.#door.open(host, port, host, port);
  }

  /** @returns an address of the test's that leads to this one of the machine's, such as a container's */
  async addressOf(host: string, port: number): Promise<{ readonly host: string; readonly port: number }> {
    this.#door ??= NetworkDoor.start(this.#context, this.network);
    return this.#door.open('127.0.0.1', 0, host, port);
  }
}
