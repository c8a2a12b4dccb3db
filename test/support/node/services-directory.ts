/** A real services directory, and a listener that lets a test wait for what a source says. */
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../../src/core/clock.js';
import type { SourceListener, SourceReading } from '../../../src/sources/source.js';
import { temporaryFolder } from '../at-end.js';

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

type Event = { readonly reading: SourceReading } | { readonly failure: string } | { readonly absence: string };

/** Keeps all that a source says, in order. */
export class RecordingListener implements SourceListener {
  readonly readings: SourceReading[] = [];
  readonly failures: string[] = [];
  readonly absences: string[] = [];
  readonly #waiting = new Set<(event: Event) => void>();

  onReading(reading: SourceReading): void {
    this.readings.push(reading);
    for (const wake of [...this.#waiting]) wake({ reading });
  }

  onConfirmed(): void {}

  onAbsent(reason: string): void {
    this.absences.push(reason);
    for (const wake of [...this.#waiting]) wake({ absence: reason });
  }

  onFailure(failure: string): void {
    this.failures.push(failure);
    for (const wake of [...this.#waiting]) wake({ failure });
  }

  /** The next reading that `isWanted`, from this call on. */
  nextReading(isWanted: (reading: SourceReading) => boolean = () => true): Promise<SourceReading> {
    return new Promise((resolve) => {
      const wake = (event: Event): void => {
        if (!('reading' in event) || !isWanted(event.reading)) return;
        this.#waiting.delete(wake);
        resolve(event.reading);
      };
      this.#waiting.add(wake);
    });
  }

  nextAbsence(): Promise<string> {
    return new Promise((resolve) => {
      const wake = (event: Event): void => {
        if (!('absence' in event)) return;
        this.#waiting.delete(wake);
        resolve(event.absence);
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

export function namesOf(reading: SourceReading): string[] {
  return reading.apps.map(({ name }) => name).sort();
}
