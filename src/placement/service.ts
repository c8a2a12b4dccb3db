/** One service of Swarm: an app in one pod. Only what autoproxy sets; the engine's own defaults are not part of it. */
import type { Share, UpdateRules } from '../model/placement.js';

export interface Service {
  /** `checkout-alpha`. */
  readonly name: string;
  readonly app: string;
  readonly pod: string;
  readonly image: string;
  readonly replicas: number;
  /** The port inside the container. */
  readonly port: number;
  /** `NAME=text`, by name. */
  readonly env: readonly string[];
  /** Swarm's secrets, by name. */
  readonly secrets: readonly SecretFile[];
  /** Files of the node that the container sees, read-only, at the same path; sorted. */
  readonly hostFiles: readonly string[];
  /** null: the HEALTHCHECK of the image, if it has one. */
  readonly healthcheck: ContainerCheck | null;
  readonly limits: Share;
  readonly reservations: Share;
  readonly stopGraceMs: number;
  readonly restartDelayMs: number;
  readonly update: UpdateRules;
  /** Name of a node label. */
  readonly spread: string | null;
}

export interface SecretFile {
  /** In Swarm, and the last part of the path. */
  readonly name: string;
  /** Where the container reads it: below /run/secrets. */
  readonly path: string;
}

/** Docker's HEALTHCHECK, as the engine is told. */
export interface ContainerCheck {
  /** `['NONE']`, or `CMD` or `CMD-SHELL` and what is run. */
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}

/**
 * The network of each service. Instances have to be reachable from their host: ports of an overlay or of the routing mesh
 * are not, and a published port would go round the slot.
 */
export const NETWORK = 'bridge';

/** Labels of a service: what has them is ours, and nothing else is touched. */
export const SERVICE_LABELS = {
  managed: 'com.autoproxy.managed',
  app: 'com.autoproxy.app',
  pod: 'com.autoproxy.pod',
} as const;

/** Labels of its containers: the nodes find their instances by them. @see docs/containers.md */
export const CONTAINER_LABELS = { app: 'autoproxy.app', port: 'autoproxy.port' } as const;

/** The node label that says to which pod a node belongs. */
export const POD_LABEL = 'pod';

export function ownLabels({ app, pod }: Service): Readonly<Record<string, string>> {
  return { [SERVICE_LABELS.managed]: 'true', [SERVICE_LABELS.app]: app, [SERVICE_LABELS.pod]: pod };
}

export function containerLabels({ app, port }: Service): Readonly<Record<string, string>> {
  return { [CONTAINER_LABELS.app]: app, [CONTAINER_LABELS.port]: String(port) };
}

/** @returns a line `NAME=value` whose value Swarm leaves as it is: it expands Go templates, and `{{` is one that prints itself */
export function literalEnv(line: string): string {
  return line.replaceAll('{{', '{{"{{"}}');
}

export function constraintOf({ pod }: Service): string {
  return `node.labels.${POD_LABEL}==${pod}`;
}
