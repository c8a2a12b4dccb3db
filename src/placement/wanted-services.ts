/** From a definition to the services that it asks for: one in each pod. Pure. */
import { isRefusal, type Refusal } from '../core/refusal.js';
import { shellQuoted } from '../core/shell-quoted.js';
import type { AppDefinition, EnvEntry } from '../model/app-definition.js';
import type { ContainerCheck, SecretFile, Service } from './service.js';

/** Swarm takes no longer name of a service. */
const MAX_SERVICE_NAME = 63;
const SECRETS = '/run/secrets/';
/** The drain ends before the container does. */
const DRAIN_MARGIN_MS = 5_000;

export interface WantedServices {
  /** In the order of the pods. */
  readonly services: readonly Service[];
  /** What the definition leaves open that costs requests, without the name of the app. */
  readonly warnings: readonly string[];
}

/** @returns why the app cannot be placed, instead */
export function wantedServices(definition: AppDefinition): WantedServices | Refusal {
  const { name, pods, numInstances, image, nativePort, settings, placement } = definition;
  if (image === null) return refusalOf(name, 'it has no image', 'write "image: name:tag"');
  if (nativePort === null)
    return refusalOf(name, 'it has no native_port', 'write the port at which the app listens in its container');
  const long = pods.find((pod) => serviceName(name, pod).length > MAX_SERVICE_NAME);
  if (long !== undefined) {
    const hint = `Docker takes ${MAX_SERVICE_NAME} characters; shorten the name of the app or of the pod`;
    return refusalOf(name, `"${serviceName(name, long)}" is too long for the name of a service`, hint);
  }
  const environment = environmentOf(definition);
  if (isRefusal(environment)) return environment;
  const healthcheck = checkOf(definition, nativePort);
  const shared = {
    app: name,
    image,
    port: nativePort,
    ...environment,
    healthcheck,
    limits: placement.limits,
    reservations: placement.reservations,
    stopGraceMs: placement.stopGraceMs ?? settings.timeouts.drainMs + DRAIN_MARGIN_MS,
    restartDelayMs: placement.restartDelayMs,
    update: placement.update,
    spread: placement.spread,
  };
  const services = pods.map((pod, index) => ({
    ...shared,
    name: serviceName(name, pod),
    pod,
    replicas: replicasOf(numInstances, pods.length, index),
  }));
  return { services, warnings: warningsOf(definition, healthcheck, shared.stopGraceMs) };
}

export function serviceName(app: string, pod: string): string {
  return `${app}-${pod}`;
}

/** An equal share of each pod, the first ones by name get one more; at least one each. */
function replicasOf(numInstances: number, pods: number, index: number): number {
  return Math.max(1, Math.floor(numInstances / pods) + (index < numInstances % pods ? 1 : 0));
}

/**
 * Secrets never get into the environment, where `docker inspect` shows them. `NAME: {from: file:/run/secrets/db}` becomes
 * the secret `db` of Swarm, another path a file of the node; the variable NAME_FILE names the file, as the images of
 * databases expect it.
 */
function environmentOf({ name: app, env }: AppDefinition): Pick<Service, 'env' | 'secrets' | 'hostFiles'> | Refusal {
  const lines: string[] = [];
  const secrets = new Map<string, SecretFile>();
  const hostFiles = new Set<string>();
  const names = new Set(env.map(({ name }) => name));
  for (const { name, value } of env) {
    if (typeof value === 'string') {
      lines.push(`${name}=${value}`);
      continue;
    }
    const variable = `${name}_FILE`;
    if (names.has(variable))
      return refusalOf(app, `${variable} is to name the file of ${name}, and has a value too`, `remove ${variable}`);
    const path = pathOf(value);
    const secret = secretOf(path);
    if (secret === null) hostFiles.add(path);
    else secrets.set(secret.name, secret);
    lines.push(`${variable}=${path}`);
  }
  const byName = (one: SecretFile, other: SecretFile): number => (one.name < other.name ? -1 : 1);
  return { env: lines.sort(), secrets: [...secrets.values()].sort(byName), hostFiles: [...hostFiles].sort() };
}

function pathOf({ from }: Exclude<EnvEntry['value'], string>): string {
  return from.replace(/^file:/, '');
}

function secretOf(path: string): SecretFile | null {
  const name = path.startsWith(SECRETS) ? path.slice(SECRETS.length) : '';
  return name === '' || name.includes('/') ? null : { name, path };
}

function checkOf({ settings, placement }: AppDefinition, port: number): ContainerCheck | null {
  const { source, command, intervalMs, timeoutMs, retries, startPeriodMs } = placement.healthcheck;
  const { path } = settings.health;
  const times = { intervalMs, timeoutMs, retries, startPeriodMs };
  if (command !== null) return { test: ['CMD', ...command], ...times };
  if (source === 'none') return { test: ['NONE'], ...times };
  if (source === 'image' || path === null || settings.protocol === 'tcp') return null;
  return { test: ['CMD-SHELL', requestCommand(`http://127.0.0.1:${port}${path}`, timeoutMs)], ...times };
}

/** Small images have busybox's wget, others curl. */
function requestCommand(url: string, timeoutMs: number): string {
  const seconds = Math.ceil(timeoutMs / 1_000);
  const quoted = shellQuoted(url);
  return `wget -q -T ${seconds} -O /dev/null ${quoted} || curl -fsS -m ${seconds} -o /dev/null ${quoted} || exit 1`;
}

function warningsOf(
  { settings, placement }: AppDefinition,
  healthcheck: ContainerCheck | null,
  stopGraceMs: number,
): readonly string[] {
  const warnings: string[] = [];
  const { source } = placement.healthcheck;
  const isUnchecked = healthcheck === null ? source === 'path' : healthcheck.test[0] === 'NONE';
  if (isUnchecked && placement.update.order === 'start-first')
    warnings.push(
      'without a HEALTHCHECK an old container stops 1 s after the new one starts, ready or not; ' +
        'write health.path, placement.healthcheck.command or "source: image"',
    );
  if (stopGraceMs <= settings.timeouts.drainMs)
    warnings.push('placement.stop_grace ends before timeouts.drain; requests in flight may be cut');
  return warnings;
}

function refusalOf(app: string, message: string, hint: string): Refusal {
  return { message: `${app}: ${message}`, hint };
}
