import { AccessFacts, type AccessLogger, type LogStanding } from './facts.js';
import { compileFormat } from './format/access-format.js';
import type { FormatContext, Writer } from './format/writer.js';
import type { LogTarget } from './targets/log-target.js';

export interface AccessLogOptions extends FormatContext {
  /** A name, or a format string of HAProxy. */
  readonly format: string;
}

/** The access log of a worker: one format, one target. */
export class AccessLog implements AccessLogger {
  readonly facts = new AccessFacts();
  readonly showsResponses: boolean;
  readonly #target: LogTarget;
  readonly #http: readonly Writer[];
  readonly #tcp: readonly Writer[];

  /** @throws Error when the format is wrong */
  constructor({ format, ...context }: AccessLogOptions, target: LogTarget) {
    const { http, tcp, showsResponses } = compileFormat(format, context);
    this.showsResponses = showsResponses;
    this.#http = http;
    this.#tcp = tcp;
    this.#target = target;
  }

  get standing(): LogStanding {
    return this.#target;
  }

  log(): void {
    const { facts } = this;
    facts.count += 1;
    const line = this.#target.begin();
    if (line === null) return;
    const writers = facts.isHttp ? this.#http : this.#tcp;
    const start = line.length;
    // As in HAProxy, no line begins with a space.
    line.isSeparated = true;
    try {
      for (let index = 0; index < writers.length; index += 1) writers[index]?.(line, facts);
    } catch (error) {
      // Half a line would be taken for the beginning of the next one.
      line.length = start;
      throw error;
    }
    this.#target.end();
  }
}
