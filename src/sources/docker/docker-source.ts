/**
 * The containers of this machine as a source: src/docker follows the engine, reading.ts and labels.ts decide
 * what its containers mean.
 */
import type { Clock, Random, Timer } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { Container } from '../../docker/container.js';
import { type EngineView, EngineWatch } from '../../docker/engine-watch.js';
import type { DockerSettings } from '../../docker/settings.js';
import type { App } from '../../model/app.js';
import { containerWords } from '../../model/container-words.js';
import type { Problem } from '../../model/problem.js';
import type { InstanceReport, Source, SourceListener } from '../source.js';
import { dockerReadingFrom } from './reading.js';
import { dockerReportsFrom } from './reports.js';

interface DockerSourceOptions {
  readonly settings: DockerSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The node puts containers into Consul too. */
  readonly isRegistering: boolean;
  /** All containers that the engine has or had lately, at each change. */
  readonly onContainers?: (containers: readonly Container[]) => void;
}

export class DockerSource implements Source {
  readonly name = 'docker';
  readonly #options: DockerSourceOptions;
  readonly #watch: EngineWatch;
  #listener: SourceListener | null = null;
  #view: EngineView | null = null;
  /** What labels defined last; a label that is wrong now leaves it as it was. */
  #apps: readonly App[] = [];
  /** For what time alone changes. */
  #timer: Timer | null = null;

  constructor(options: DockerSourceOptions) {
    const { settings, clock, random } = options;
    this.#options = options;
    this.#watch = new EngineWatch(
      { settings, clock, random },
      {
        onView: (view) => this.#onView(view),
        onConfirmed: () => this.#listener?.onConfirmed(),
        onFailure: ({ message }) => this.#listener?.onFailure(message),
      },
    );
  }

  restore(apps: readonly App[]): void {
    this.#apps = apps;
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.#watch.start();
  }

  refresh(): void {
    this.#watch.refresh();
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#timer?.cancel();
    await this.#watch.stop();
  }

  reportInstances(app: string): readonly InstanceReport[] {
    return this.#view === null ? [] : dockerReportsFrom(this.#view.containers, app);
  }

  #onView(view: EngineView): void {
    const { log, settings, onContainers } = this.#options;
    if (view.apiVersion !== this.#view?.apiVersion) {
      const containers = view.containers.length;
      log.info({ docker: settings.url, api: view.apiVersion, containers }, 'following the containers of Docker');
    }
    this.#view = view;
    this.#tell(view);
    onContainers?.(view.containers);
  }

  #tell(view: EngineView): void {
    const { clock, isRegistering } = this.#options;
    const { reading, changesAt } = dockerReadingFrom(view.containers, this.#apps, clock.now(), isRegistering);
    this.#apps = reading.apps;
    this.#timer?.cancel();
    this.#timer = null;
    if (changesAt !== null) {
      const delayMs = Math.max(1, changesAt - clock.now());
      this.#timer = clock.setTimer(delayMs, () => {
        if (this.#view === view) this.#tell(view);
      });
    }
    this.#listener?.onReading({
      ...reading,
      problems: [...problemsFrom(view), ...reading.problems],
      ...(view.failure === null ? {} : { failure: view.failure.message }),
    });
  }
}

function problemsFrom({ remarks }: EngineView): readonly Problem[] {
  return remarks.map(({ message, hint, ...container }) => {
    const place = { file: containerWords(container), line: null, col: null };
    return { severity: 'warning', app: null, ...place, message, hint };
  });
}
