/**
 * A network for machines of the test (own-machine.ts): a switch with a network of its own, where clients run, and a wire to
 * each machine. It needs root, and ends with the test, however that ends.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { atEnd, type Ending } from '../at-end.js';
import { spawnBound } from './bound-process.js';
import type { OwnMachine } from './own-machine.js';

const run = promisify(execFile);

const NETWORK = '10.91.0';
const SWITCH = `set -e
ip link set lo up
ip link add switch type bridge
ip address add ${NETWORK}.1/24 dev switch
ip link set switch up
echo ready
exec sleep infinity`;

export class LocalNetwork {
  /** Of the switch itself: where clients are. */
  readonly host = `${NETWORK}.1`;
  /** In front of a command that is to run beside the switch; it becomes that command. */
  readonly network: readonly string[];
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
    this.network = ['nsenter', `--net=/proc/${pid}/ns/net`];
  }

  static async start(context: Ending): Promise<LocalNetwork> {
    const holder = spawnBound(['unshare', '--net', 'sh', '-c', SWITCH], { stdio: ['ignore', 'pipe', 'inherit'] });
    const isOver = once(holder, 'exit');
    atEnd(context, async () => {
      holder.kill('SIGKILL');
      await isOver;
    });
    const { stdout, pid = 0 } = holder;
    if (stdout === null) throw new Error('the switch has no standard output');
    const ended = isOver.then(([code]) => {
      throw new Error(`no network can be made here: ip ended with ${code}`);
    });
    await Promise.race([once(stdout, 'data'), ended]);
    ended.catch(() => {});
    return new LocalNetwork(pid);
  }

  /** @returns where a machine is, or will be. @param number 2 to 254 */
  addressOf(number: number): string {
    return `${NETWORK}.${number}`;
  }

  /** Gives the machine a wire and this address. */
  async join(machine: OwnMachine, number: number): Promise<string> {
    const address = this.addressOf(number);
    const wire = wireOf(number);
    const ends = ['netns', String(this.#pid), 'type', 'veth', 'peer', 'name', 'lan0', 'netns', `${machine.firstPid}`];
    await run('ip', ['link', 'add', wire, ...ends]);
    await this.#ip('link', 'set', wire, 'master', 'switch', 'up');
    await machine.run('ip', 'address', 'add', `${address}/24`, 'dev', 'lan0');
    await machine.run('ip', 'link', 'set', 'lan0', 'up');
    return address;
  }

  /** From now on the machine is silent, as one without power: what is sent to it gets no answer, not even a refusal. */
  async cut(number: number): Promise<void> {
    await this.#ip('link', 'set', wireOf(number), 'down');
  }

  async #ip(...words: readonly string[]): Promise<void> {
    const [program = '', ...rest] = [...this.network, 'ip', ...words];
    await run(program, rest);
  }
}

function wireOf(number: number): string {
  return `wire${number}`;
}
