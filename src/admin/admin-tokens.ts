/** The tokens that the node takes now. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { SecretFile } from '../core/secret-file.js';
import { ADMIN_TOKEN, readAdminTokens } from './admin-token.js';

interface AdminTokensOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Tokens stand one a line and each is taken, so that one is exchanged in two steps: the new one beside the old one, then
 * without it.
 */
export class AdminTokens {
  readonly #file: SecretFile;
  readonly #onChange = new Set<() => void>();
  #digests: readonly Buffer[];

  /** @throws Error that says what to do when the file cannot be used */
  static async open(options: AdminTokensOptions): Promise<AdminTokens> {
    const tokens = new AdminTokens(await readAdminTokens(options.file), options);
    await tokens.#file.start((all) => tokens.#become(all));
    return tokens;
  }

  private constructor(tokens: readonly string[], options: AdminTokensOptions) {
    this.#digests = tokens.map(digestOf);
    this.#file = new SecretFile(ADMIN_TOKEN, options);
  }

  /** Takes the same time for each text of one length. */
  has(text: string): boolean {
    const digest = digestOf(text);
    let isKnown = false;
    for (const one of this.#digests) isKnown = timingSafeEqual(one, digest) || isKnown;
    return isKnown;
  }

  /** @param listener called when others are taken than before */
  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  refresh(): void {
    this.#file.refresh();
  }

  stop(): void {
    this.#file.stop();
  }

  #become(tokens: readonly string[]): void {
    this.#digests = tokens.map(digestOf);
    for (const listener of this.#onChange) listener();
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
