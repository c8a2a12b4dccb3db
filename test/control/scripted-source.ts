import type { App } from '../../src/model/app.js';
import type { Problem } from '../../src/model/problem.js';
import type { InstanceReport, Source, SourceListener, SourceReading } from '../../src/sources/source.js';

/** Says what the test says, when the test says it. */
export class ScriptedSource implements Source {
  readonly name: string;
  refreshes = 0;
  /** What it says of the instances of any app, for people. */
  reports: readonly InstanceReport[] = [];
  #listener: SourceListener | null = null;

  constructor(name = 'directory') {
    this.name = name;
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
  }

  refresh(): void {
    this.refreshes += 1;
  }

  async stop(): Promise<void> {
    this.#listener = null;
  }

  reportInstances(): readonly InstanceReport[] {
    return this.reports;
  }

  say(apps: readonly App[], problems: readonly Problem[] = []): void {
    this.tell({ apps, problems });
  }

  tell(reading: SourceReading): void {
    this.#listener?.onReading(reading);
  }

  lack(reason: string): void {
    this.#listener?.onAbsent(reason);
  }

  fail(reason: string): void {
    this.#listener?.onFailure(reason);
  }
}
