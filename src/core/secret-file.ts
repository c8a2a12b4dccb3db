import { stat } from 'node:fs/promises';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import { Poll } from './poll.js';
import { readSecrets, type SecretKind } from './secrets.js';
import { reasonOf } from './thrown.js';

/** It is read each time: a time of change is too coarse to see two writes in one moment. */
const POLL_MS = 2_000;
const READABLE_BY_ALL = 0o004;

interface SecretFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows a file of secrets for as long as somebody goes by them. What is not readable changes nothing. */
export class SecretFile {
  readonly #options: SecretFileOptions;
  readonly #kind: SecretKind;
  #onSecrets: ((secrets: readonly string[]) => void) | null = null;
  #secrets: readonly string[] = [];
  #saidReason: string | null = null;
  #isOpenSaid = false;
  readonly #poll: Poll;

  constructor(kind: SecretKind, options: SecretFileOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#poll = new Poll(
      options.clock,
      () => this.#read(),
      () => POLL_MS,
    );
  }

  /** @param onSecrets is told of each change; resolves when the file was looked at once */
  start(onSecrets: (secrets: readonly string[]) => void): Promise<void> {
    this.#onSecrets = onSecrets;
    return this.#poll.start();
  }

  refresh(): void {
    this.#poll.lookNow();
  }

  stop(): void {
    this.#onSecrets = null;
    this.#poll.stop();
  }

  async #read(): Promise<void> {
    const { file, log } = this.#options;
    const { name, noun } = this.#kind;
    try {
      const secrets = await readSecrets(file, this.#kind);
      this.#saidReason = null;
      const isOpen = ((await stat(file)).mode & READABLE_BY_ALL) !== 0;
      if (isOpen && !this.#isOpenSaid) log.warn({ file }, `every user of this machine can read ${name}: chmod 600 it`);
      this.#isOpenSaid = isOpen;
      if (secrets.join('\n') === this.#secrets.join('\n')) return;
      log.info({ file, [`${noun}s`]: secrets.length }, `${name} was read`);
      this.#secrets = secrets;
      this.#onSecrets?.(secrets);
    } catch (error) {
      this.#complain(reasonOf(error));
    }
  }

  /** Each reason once: it is looked at for ever. */
  #complain(reason: string): void {
    if (reason === this.#saidReason) return;
    this.#saidReason = reason;
    const left = this.#secrets.length > 0 ? 'the last good one stays' : this.#kind.without;
    this.#options.log.error({ file: this.#options.file, reason }, `reading ${this.#kind.name} failed; ${left}`);
  }
}
