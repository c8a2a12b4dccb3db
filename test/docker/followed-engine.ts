import assert from 'node:assert/strict';
import type { Clock } from '../../src/core/clock.js';
import type { Container } from '../../src/docker/container.js';
import { type EngineView, EngineWatch } from '../../src/docker/engine-watch.js';
import type { DockerFailure } from '../../src/docker/failure.js';
import type { DockerSettings } from '../../src/docker/settings.js';
import { atEnd, type Ending } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';

/** A watch, and all that it told; its time passes only when the test says so. */
export class FollowedEngine {
  readonly clock = new FakeClock();
  readonly watch: EngineWatch;
  readonly views: EngineView[] = [];
  readonly failures: DockerFailure[] = [];
  confirmations = 0;

  /** @param time in place of `clock` */
  constructor(
    context: Ending,
    { url, certPath = null, tlsVerify = null }: Partial<DockerSettings> & Pick<DockerSettings, 'url'>,
    time?: Clock,
  ) {
    this.watch = new EngineWatch(
      { settings: { url, certPath, tlsVerify }, clock: time ?? this.clock, random: () => 0.5 },
      {
        onView: (view) => this.views.push(view),
        onConfirmed: () => {
          this.confirmations += 1;
        },
        onFailure: (failure) => this.failures.push(failure),
      },
    );
    atEnd(context, () => this.watch.stop());
    this.watch.start();
  }

  get containers(): readonly Container[] {
    return this.views.at(-1)?.containers ?? [];
  }

  /** `web-1 running`, sorted; of the newest view. */
  get words(): readonly string[] {
    return this.containers.map(({ name, phase }) => `${name} ${phase}`).sort();
  }

  async knows(...words: readonly string[]): Promise<void> {
    const isKnown = (): boolean => this.views.length > 0 && this.words.join() === words.join();
    await eventually(`the watch knows ${words.join(', ')}`, isKnown).catch((error: unknown) => {
      const told = this.failures.map(({ message }) => message).join('; ');
      throw new Error(`it knows ${this.words.join(', ')}; it told ${told}`, { cause: error });
    });
  }

  /** @returns the newest failure, when there are so many */
  async fails(kind: DockerFailure['kind'], count = 1): Promise<DockerFailure> {
    await eventually(`the watch fails, ${kind}`, () => this.failures.length >= count);
    const failure = this.failures.at(-1);
    assert.equal(failure?.kind, kind, failure?.message);
    return failure;
  }

  /** After one more failed attempt than before: time passes until the next one. @returns how long that was, in ms */
  async nextAttempt(failures: number): Promise<number> {
    await eventually('the attempt fails', () => this.failures.length > failures && this.clock.waits().length > 0);
    const [delayMs = 0] = this.clock.waits();
    await this.clock.advance(delayMs);
    return delayMs;
  }
}
