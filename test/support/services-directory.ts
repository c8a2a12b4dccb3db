/** A real services directory, and a listener that lets a test wait for what a source says. */
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import type { SourceListener, SourceState } from '../../src/sources/source.js';
import { temporaryFolder } from './at-end.js';

/** As the system's clock, but its timers keep the test alive. */
export const testClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(delayMs, onElapsed) {
    const timeout = setTimeout(onElapsed, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** An empty directory of the test's own; its parent is the test's own too. */
export async function createServicesDirectory(context: TestContext): Promise<string> {
  const root = temporaryFolder(context, 'services');
  return path.join(root, 'services');
}

export function appText(name: string, slot: number, instances: readonly string[] = []): string {
  const list = instances.map((instance) => `    - ${instance}\n`).join('');
  return `${name}:\n  protocol: http\n  translated_port: ${slot}\n  instances:\n${list}`;
}

export async function writeAtomically(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

type Event = { readonly state: SourceState } | { readonly failure: string };

/** Keeps all that a source says, in order. */
export class RecordingListener implements SourceListener {
  readonly states: SourceState[] = [];
  readonly failures: string[] = [];
  readonly #waiting = new Set<(event: Event) => void>();

  onState(state: SourceState): void {
    this.states.push(state);
    for (const wake of [...this.#waiting]) wake({ state });
  }

  onConfirmed(): void {}

  onFailure(failure: string): void {
    this.failures.push(failure);
    for (const wake of [...this.#waiting]) wake({ failure });
  }

  /** The next state that `isWanted`, from this call on. */
  nextState(isWanted: (state: SourceState) => boolean = () => true): Promise<SourceState> {
    return new Promise((resolve) => {
      const wake = (event: Event): void => {
        if (!('state' in event) || !isWanted(event.state)) return;
        this.#waiting.delete(wake);
        resolve(event.state);
      };
      this.#waiting.add(wake);
    });
  }

  nextFailure(): Promise<string> {
    return new Promise((resolve) => {
      const wake = (event: Event): void => {
        if (!('failure' in event)) return;
        this.#waiting.delete(wake);
        resolve(event.failure);
      };
      this.#waiting.add(wake);
    });
  }
}

export function namesOf(state: SourceState): string[] {
  return state.apps.map(({ name }) => name).sort();
}
