/** Files that hold secrets, one a line: read strictly at a start, and again for as long as somebody goes by them. */
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from './clock.js';
import type { Log } from './log.js';
import { reasonOf } from './thrown.js';
import { readWholeFile } from './whole-file.js';

/** It is read each time: a time of change is too coarse to see two writes in one moment. */
const POLL_MS = 2_000;
const MAX_BYTES = 65_536;
/** What nobody tries out: 16 random characters of base64 are 96 bits. */
export const MIN_SECRET_CHARS = 16;
const READABLE_BY_ALL = 0o004;
const WRITE_ONE = 'write one with: openssl rand -base64 32';

/** What is in such a file, in the words of messages. */
export interface SecretKind {
  /** `key` */
  readonly noun: string;
  /** `the key of the pod` */
  readonly name: string;
  /** What holds for as long as none could be read. */
  readonly without: string;
  /** What is wrong with a line that is long enough, without a word of it; null: nothing. */
  readonly faultOf: (secret: string) => string | null;
}

interface SecretFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `#` begins a line that does not count.
 * @returns at least one
 * @throws Error with what is wrong, without a word of the content
 */
export async function readSecrets(file: string, { noun, faultOf }: SecretKind): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (const [index, line] of (await readWholeFile(file, MAX_BYTES)).split(/\r?\n/).entries()) {
    const secret = line.trim();
    if (secret === '' || secret.startsWith('#')) continue;
    const fault = secret.length < MIN_SECRET_CHARS ? `has fewer than ${MIN_SECRET_CHARS} characters` : faultOf(secret);
    if (fault !== null) throw new Error(`line ${index + 1} ${fault} (${WRITE_ONE})`);
    secrets.push(secret);
  }
  if (secrets.length === 0) throw new Error(`it holds no ${noun} (${WRITE_ONE})`);
  return secrets;
}

/** Follows such a file. What is not readable changes nothing. */
export class SecretFile {
  readonly #options: SecretFileOptions;
  readonly #kind: SecretKind;
  #onSecrets: ((secrets: readonly string[]) => void) | null = null;
  #secrets: readonly string[] = [];
  #saidReason: string | null = null;
  #isOpenSaid = false;
  #timer: Timer | null = null;

  constructor(kind: SecretKind, options: SecretFileOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  /** @param onSecrets is told of each change; resolves when the file was looked at once */
  async start(onSecrets: (secrets: readonly string[]) => void): Promise<void> {
    this.#onSecrets = onSecrets;
    await this.#poll();
  }

  refresh(): void {
    this.#timer?.cancel();
    void this.#poll();
  }

  stop(): void {
    this.#onSecrets = null;
    this.#timer?.cancel();
  }

  async #poll(): Promise<void> {
    await this.#read();
    if (this.#onSecrets === null) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(POLL_MS, () => void this.#poll());
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
