/** A shell that types the commands of a page (console-page.ts), and holds what they print against the page. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from '../machine/bound-process.js';
import { type PageCommand, patternOf } from './console-page.js';

const PATIENCE_MS = 100_000;

/** Ports, mounts and processes of their own: those of a page are well known, and all ends with the first process. */
export const UNSHARED = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

interface Place {
  /** In front of the shell. */
  readonly prefix: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A shell that is typed into, one command after the other. */
export class PageShell {
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
      assert.match(printed, expected, `$ ${text}\n${printed}, and the page says:\n${output}`);
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
