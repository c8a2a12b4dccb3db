/** A request makes a known number of kernel calls, which no machine and no load can move: counted by strace in a real worker. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { findProgram } from '../support/machine/components.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

/** Calls of one request. How often it waits (`epoll_pwait`) depends on the machine. */
const KEPT: Calls = { read: 2, write: 2 };
const OWN: Calls = { ...KEPT, read: 3, accept4: 1, getpeername: 2, epoll_ctl: 2, shutdown: 1, close: 1 };
/** So much more of one kind, in each request, is what timers and the messages of the primary do meanwhile; a call more is 1. */
const BESIDE = 0.5;
type Calls = Readonly<Record<string, number>>;
const REQUESTS = 300;
const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';

/** Calls of a process by name, while it is watched. */
class CallCount {
  readonly #strace: ChildProcess;
  readonly #file: string;

  private constructor(strace: ChildProcess, file: string) {
    this.#strace = strace;
    this.#file = file;
  }

  /** @returns null where a process may not watch another one */
  static async of(context: TestContext, pid: number): Promise<CallCount | null> {
    const program = findProgram('strace');
    assert.ok(program !== null, 'npm test installs strace');
    const file = path.join(temporaryFolder(context, 'strace'), 'calls');
    const strace = spawn(program, ['-c', '-U', 'calls,name', '-o', file, '-p', String(pid)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    atEnd(context, () => strace.kill('SIGKILL'));
    let said = '';
    strace.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await eventually('strace says whether it may', () => /attached|ot permitted/.test(said));
    return said.includes('ot permitted') ? null : new CallCount(strace, file);
  }

  /** Ends the watch. */
  async end(): Promise<ReadonlyMap<string, number>> {
    this.#strace.kill('SIGINT');
    await once(this.#strace, 'exit');
    const rows = readFileSync(this.#file, 'utf8').matchAll(/^\s*(\d+) (?!total)(\w+)$/gm);
    return new Map([...rows].map(([, calls = '', name = '']) => [name, Number(calls)]));
  }
}

test('kernel calls of a request', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--workers': '1',
  });
  const client = await RawConnection.open(node.slot, node.host);
  atEnd(context, () => client.close());
  await context.test(`on kept connections it makes ${sumOf(KEPT)}`, (part) =>
    stays(part, node, KEPT, () => get(client)),
  );
  await context.test(`on a connection of its own it makes ${sumOf(OWN)}`, (part) =>
    stays(part, node, OWN, async () => {
      const own = await RawConnection.open(node.slot, node.host);
      await get(own);
      own.socket.end();
      await once(own.socket, 'close');
    }),
  );
});

async function get(client: RawConnection): Promise<void> {
  client.write(GET);
  assert.equal((await client.response()).status, 200);
}

function sumOf(calls: Calls): number {
  return Object.values(calls).reduce((sum, number) => sum + number, 0);
}

async function stays(context: TestContext, node: RunningNode, most: Calls, doOnce: () => Promise<void>): Promise<void> {
  const [worker = 0] = await node.workerPids();
  await doOnce();
  const count = await CallCount.of(context, worker);
  if (count === null) {
    context.diagnostic('not counted: this machine lets no process watch another one');
    return;
  }
  for (let request = 0; request < REQUESTS; request += 1) await doOnce();
  const each = [...(await count.end())].map(([name, number]) => ({ name, number: number / REQUESTS }));
  const table = each.map(({ name, number }) => `  ${number.toFixed(2)} ${name}`).join('\n');
  assert.ok((each.find(({ name }) => name === 'read')?.number ?? 0) >= 2, `calls are counted at all:\n${table}`);
  const tooMany = each.filter(({ name, number }) => name !== 'epoll_pwait' && number > (most[name] ?? 0) + BESIDE);
  assert.deepEqual(tooMany, [], table);
}
