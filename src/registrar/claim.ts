/**
 * Which of two registrars writes, when two nodes of one name share an agent by mistake: the one that began last. The claim
 * is a service of its own, which passes while its registrar lives; so the other one takes over when it ends.
 */

import type { ServiceRegistration } from '../consul/agent-services.js';
import type { CheckEntry, ServiceEntry } from '../consul/answers.js';

/** Nothing that containers could be called: apps have no such name either. */
export const REGISTRAR_SERVICE = 'autoproxy-registrar';
const CLAIM_LIFE = 'autoproxy-registrar-life';
/** A registrar that is stuck or gone for so long is replaced by the other one. */
const CLAIM_TTL = '30s';

type ClaimVerdict =
  /** It is ours, and passes. */
  | 'held'
  /** Nobody's, or of one that began before us: ours when we write it. */
  | 'free'
  /** Of one that began before or after us, and ended without a word: ours with a new life. */
  | 'lapsed'
  /** Of one that began after us and lives. */
  | 'lost';

/** @param life as `createLife` makes them: later ones are greater */
export function judgeClaim(
  services: readonly ServiceEntry[],
  checks: readonly CheckEntry[],
  { node, life }: { readonly node: string; readonly life: string },
): ClaimVerdict {
  const id = claimIdOf(node);
  const there = services.find((service) => service.id === id);
  const holder = there?.meta[CLAIM_LIFE];
  if (holder === undefined || holder < life) return 'free';
  const isAlive = checks.some((check) => check.id === claimCheckIdOf(node) && check.status === 'passing');
  if (holder === life) return isAlive ? 'held' : 'free';
  return isAlive ? 'lost' : 'lapsed';
}

/** Compared as texts, lives are in the order of their beginnings. */
export function createLife(wallTimeMs: number, unique: string): string {
  return `${new Date(wallTimeMs).toISOString()}/${unique}`;
}

export function claimOf(node: string, life: string): ServiceRegistration {
  const check = {
    id: claimCheckIdOf(node),
    name: 'the registrar of this node lives',
    probe: { kind: 'ttl', ttl: CLAIM_TTL },
    deregisterAfter: '1h',
  } as const;
  return {
    id: claimIdOf(node),
    name: REGISTRAR_SERVICE,
    tags: [],
    address: '',
    port: 0,
    meta: new Map([
      ['autoproxy-node', node],
      [CLAIM_LIFE, life],
    ]),
    weight: null,
    checks: [check],
  };
}

export function claimIdOf(node: string): string {
  return `autoproxy-registrar-${node}`;
}

export function claimCheckIdOf(node: string): string {
  return `${claimIdOf(node)}/ttl`;
}
