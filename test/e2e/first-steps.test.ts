/** The README's first steps, as a newcomer takes them: its commands in a fresh copy, and what they print beside the page. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { spawnBound } from '../support/bound-process.js';
import { findProgram } from '../support/components.js';
import { commandsAfter, type PageCommand, patternOf } from '../support/console-page.js';
import { eventually } from '../support/eventually.js';
import { LACKS_NETWORKS } from '../support/two-networks.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NOT_IN_A_CLONE = ['node_modules', 'dist', '.git', '.cache'];
const PATIENCE_MS = 60_000;

const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const slotSteps = commandsAfter(page, 'app on a slot');
const edgeSteps = commandsAfter(page, 'front door');

test('five commands lead to a slot, five more to the front door', () => {
  assert.equal(slotSteps.length, 5);
  assert.equal(edgeSteps.length, 5);
});

test('the commands of the page work, and print what it says', { skip: LACKS_NETWORKS }, async (context) => {
  const folder = temporaryFolder(context, 'first-steps');
  const clone = path.join(folder, 'autoproxy');
  cpSync(ROOT, clone, {
    recursive: true,
    filter: (source) => !NOT_IN_A_CLONE.includes(path.relative(ROOT, source)),
  });
  const prefix = path.join(folder, 'prefix');
  mkdirSync(path.join(prefix, 'lib'), { recursive: true });
  const haproxy = path.dirname(findProgram('haproxy') ?? '');
  const env = {
    ...process.env,
    PATH: `${path.join(prefix, 'bin')}:${process.env.PATH}:${haproxy}`,
    npm_config_prefix: prefix,
    npm_config_prefer_offline: 'true',
  };
  const [install, ...others] = slotSteps;
  assert.ok(install !== undefined);

  // The only command that needs a network.
  const outside = new Shell(context, { prefix: [], cwd: clone, env });
  await outside.try(install);

  // Ports, /run and processes of their own: those of the page are well known, and all ends with the first process.
  const inside = new Shell(context, {
    prefix: ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    cwd: clone,
    env,
  });
  await inside.run('ip link set lo up && mount -t tmpfs tmpfs /run');
  for (const command of [...others, ...edgeSteps]) await inside.try(command);
});

interface Place {
  /** In front of the shell. */
  readonly prefix: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A shell that is typed into, one command after the other. */
class Shell {
  readonly #child: ChildProcess;
  readonly #place: Place;
  #output = '';
  #errors = '';
  #count = 0;

  constructor(context: TestContext, place: Place) {
    this.#place = place;
    this.#child = spawnBound([...place.prefix, 'bash'], { cwd: place.cwd, env: place.env, stdio: 'pipe' });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    atEnd(context, () => this.#child.kill('SIGKILL'));
  }

  /** Runs a command of the page. @throws AssertionError when it fails or prints something else */
  async try({ text, output }: PageCommand): Promise<void> {
    const expected = patternOf(output);
    if (!text.endsWith('&')) {
      const printed = await this.run(text);
      assert.match(printed, expected, `$ ${text}`);
      return;
    }
    // What runs on in the background writes into a file, so that it can't be taken for the output of a later command.
    this.#count += 1;
    const log = path.join(this.#place.cwd, `background-${this.#count}.log`);
    await this.run(`${text.slice(0, -1)} > ${log} 2>&1 &`);
    const read = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await eventually(`"${text}" printed "${output}"`, () => expected.test(read()), PATIENCE_MS).catch(
      (error: Error) => {
        throw new Error(`${error.message}, only:\n${read()}`);
      },
    );
  }

  /** @returns its standard output; curl's progress, which a terminal would not get, is on the other. @throws AssertionError when it fails */
  async run(text: string): Promise<string> {
    this.#count += 1;
    const mark = `--- ${this.#count} ended:`;
    this.#output = this.#errors = '';
    this.#child.stdin?.write(`${text}\necho "${mark} $?"\n`);
    await eventually(`"${text}" ended`, () => this.#output.includes(mark), PATIENCE_MS);
    const [printed = '', status = ''] = this.#output.split(mark);
    assert.equal(status.trim(), '0', `$ ${text}\n${printed}${this.#errors}`);
    return printed;
  }
}
