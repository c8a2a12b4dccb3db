import type { App } from '../../src/model/app.js';
import type { Problem } from '../../src/model/problem.js';
import type { Source, SourceListener, SourceReading } from '../../src/sources/source.js';

/** Says what the test says, when the test says it. */
export class ScriptedSource implements Source {
  readonly name: string;
  refreshes = 0;
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

  say(apps: readonly App[], problems: readonly Problem[] = []): void {
    this.tell({ apps, problems });
  }

  tell(reading: SourceReading): void {
    this.#listener?.onReading(reading);
  }

  fail(reason: string): void {
    this.#listener?.onFailure(reason);
  }
}
