/** Whose certificate a connection for a host gets: the one with its name, else the one with its wildcard. */

import { isRefusal } from '../../src/core/refusal.js';
import type { RouteHost } from '../../src/model/app-definition.js';
import { parseSafeRegex } from '../../src/regex/safe-regex.js';
import type { JudgedDomain } from './domain.js';
import { wildcardOf } from './name-cover.js';

export class DomainIndex {
  readonly #byName = new Map<string, JudgedDomain>();
  readonly #byServedName = new Map<string, JudgedDomain>();

  /** Of two domains with one name the first has it. */
  constructor(domains: Iterable<JudgedDomain>) {
    for (const domain of domains) {
      if (!this.#byName.has(domain.name)) this.#byName.set(domain.name, domain);
      for (const name of domain.names) if (!this.#byServedName.has(name)) this.#byServedName.set(name, domain);
    }
  }

  /** @param name what an app writes as `tls.domain` */
  named(name: string): JudgedDomain | null {
    return this.#byName.get(name) ?? null;
  }

  /** @returns the domain that serves the host (all hosts, of a wildcard), or null */
  forHost(host: RouteHost): JudgedDomain | null {
    switch (host.kind) {
      case 'exact':
        return this.#served(host.host) ?? this.#served(wildcardOf(host.host));
      case 'wildcard':
        return this.#served(`*.${host.suffix}`);
      case 'regex':
        return this.#forPattern(host.pattern);
    }
  }

  /**
   * What is written out at the end of the expression, from its first dot on, has to be below a wildcard: hosts with more
   * labels than that get no connection, as under a wildcard.
   */
  #forPattern(pattern: string): JudgedDomain | null {
    const regex = parseSafeRegex(pattern);
    if (isRefusal(regex) || !regex.literalEnd.includes('.')) return null;
    return this.#served(wildcardOf(regex.literalEnd));
  }

  #served(name: string): JudgedDomain | null {
    return this.#byServedName.get(name) ?? null;
  }
}
