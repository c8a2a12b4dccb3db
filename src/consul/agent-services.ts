/** What the agent of this machine has of services and checks, and how it is told. Nothing here asks a server. */
import { agentChecksFromBody, agentServicesFromBody, type CheckEntry, type ServiceEntry } from './answers.js';
import { clientDeadlineMs } from './blocking-rules.js';
import type { ConsulConnection, Response } from './connection.js';
import { callRaw, type RawCall } from './raw-call.js';
import { MAX_WRITE_ANSWER_BYTES, refusalOf } from './reads.js';

/** How a check comes to its status; durations as Go writes them. */
type CheckProbe =
  | { readonly kind: 'http'; readonly url: string; readonly interval: string; readonly timeout: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly interval: string; readonly timeout: string }
  /** Somebody tells it; critical when nobody has for so long. */
  | { readonly kind: 'ttl'; readonly ttl: string };

export type CheckStatus = 'passing' | 'warning' | 'critical';

export interface ServiceCheck {
  /** Unique on the agent. */
  readonly id: string;
  readonly name: string;
  readonly probe: CheckProbe;
  /** Consul removes the service when it was critical for so long; null: never. */
  readonly deregisterAfter: string | null;
}

export interface ServiceRegistration<Check extends ServiceCheck = ServiceCheck> {
  /** Unique on the agent. */
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly port: number;
  readonly meta: ReadonlyMap<string, string>;
  /** Consul's weight of a service that passes or warns; null: its default. */
  readonly weight: number | null;
  readonly checks: readonly Check[];
}

/** A thousand services with a kilobyte of tags each are a tenth of that. */
const MAX_LIST_BYTES = 16_777_216;
const READ_MS = 5_000;
const WRITE_MS = 5_000;

/** Those that the token may read. @throws ConsulFailure */
export async function readAgentServices(connection: ConsulConnection): Promise<readonly ServiceEntry[]> {
  const what = 'the services of the agent';
  return agentServicesFromBody((await read(connection, '/agent/services', what)).body);
}

/** Of the node, and of services. @throws ConsulFailure */
export async function readAgentChecks(connection: ConsulConnection): Promise<readonly CheckEntry[]> {
  return agentChecksFromBody((await read(connection, '/agent/checks', 'the checks of the agent')).body);
}

/**
 * Resolves when the service has changed or is gone, or after about `waitMs`; with an empty hash at once. Consul's blocking
 * query by hash, since 1.3 (Agent API, "Retrieve service configuration").
 * @returns the hash of what it is now, to be waited for, empty when none was given; null: the agent does not have it
 * @throws ConsulFailure, also when the agent ends meanwhile; the reason of `signal`
 */
export async function waitForServiceChange(
  connection: ConsulConnection,
  id: string,
  { hash, waitMs, signal }: { readonly hash: string; readonly waitMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const what = `the service ${id} of the agent`;
  const query = hash === '' ? {} : { hash, wait: `${waitMs}ms` };
  const call: RawCall = { method: 'GET', path: '/agent/service/{id}', params: { id }, query };
  const response = await connection.call((consul, options) => callRaw(consul, call, options), {
    what,
    deadlineMs: hash === '' ? READ_MS : clientDeadlineMs(waitMs),
    maxBytes: MAX_LIST_BYTES,
    signal,
  });
  if (response.status === 404) return null;
  if (response.status !== 200) throw refusalOf(response, { what, right: READ_RIGHT }, connection.url);
  return String(response.headers['x-consul-contenthash'] ?? '');
}

/**
 * Registers it, or writes over it. A check that the agent has already keeps its status.
 * @param statusOf what a check that the agent does not have yet counts as before its first run
 * @throws ConsulFailure
 */
export async function registerService<Check extends ServiceCheck>(
  connection: ConsulConnection,
  service: ServiceRegistration<Check>,
  statusOf: (check: Check) => CheckStatus,
): Promise<void> {
  const { id, name, tags, address, port, meta, weight, checks } = service;
  const weights = weight === null ? {} : { Weights: weightsFrom(weight) };
  const body = {
    ...{ ID: id, Name: name, Tags: tags, Address: address, Port: port, Meta: Object.fromEntries(meta), ...weights },
    Checks: checks.map((check) => ({ ...checkBody(check), Status: statusOf(check) })),
  };
  const call: RawCall = { method: 'PUT', path: '/agent/service/register', body };
  await write(connection, call, `the registration of ${id}`, name);
}

/** Its checks go with it. @throws ConsulFailure; not when the agent does not have it */
export async function deregisterService(
  connection: ConsulConnection,
  { id, name }: Pick<ServiceEntry, 'id' | 'name'>,
  deadlineMs = WRITE_MS,
): Promise<void> {
  const call: RawCall = { method: 'PUT', path: '/agent/service/deregister/{id}', params: { id } };
  await write(connection, call, `the end of the registration ${id}`, name, deadlineMs);
}

/** @throws ConsulFailure; not when the agent does not have it */
export async function deregisterCheck(connection: ConsulConnection, id: string, service: string): Promise<void> {
  const call: RawCall = { method: 'PUT', path: '/agent/check/deregister/{id}', params: { id } };
  await write(connection, call, `the end of the check ${id}`, service);
}

/** Tells a check of the kind `ttl` how things stand. @throws ConsulFailure */
export async function tellCheck(
  connection: ConsulConnection,
  id: string,
  told: { readonly status: CheckStatus; readonly output: string },
  service: string,
): Promise<void> {
  const body = { Status: told.status, Output: told.output };
  await write(
    connection,
    { method: 'PUT', path: '/agent/check/update/{id}', params: { id }, body },
    `the check ${id}`,
    service,
  );
}

/** Consul refuses a weight of 0; who reads the meta `autoproxy-weight` knows better. */
export function weightsFrom(weight: number | null): ServiceEntry['weights'] {
  return { passing: Math.max(1, weight ?? 1), warning: Math.max(1, weight ?? 1) };
}

function checkBody({ id, name, probe, deregisterAfter }: ServiceCheck): object {
  const common = {
    CheckID: id,
    Name: name,
    ...(deregisterAfter === null ? {} : { DeregisterCriticalServiceAfter: deregisterAfter }),
  };
  switch (probe.kind) {
    case 'http':
      return { ...common, HTTP: probe.url, Interval: probe.interval, Timeout: probe.timeout };
    case 'tcp':
      return { ...common, TCP: probe.host, Interval: probe.interval, Timeout: probe.timeout };
    case 'ttl':
      return { ...common, TTL: probe.ttl };
  }
}

const READ_RIGHT = 'node_prefix "" { policy = "read" }  service_prefix "" { policy = "read" }';

async function read(connection: ConsulConnection, path: string, what: string): Promise<Response> {
  const limits = { what, deadlineMs: READ_MS, maxBytes: MAX_LIST_BYTES };
  const response = await connection.call(
    (consul, options) => callRaw(consul, { method: 'GET', path }, options),
    limits,
  );
  if (response.status !== 200) throw refusalOf(response, { what, right: READ_RIGHT }, connection.url);
  return response;
}

async function write(
  connection: ConsulConnection,
  call: RawCall,
  what: string,
  service: string,
  deadlineMs = WRITE_MS,
): Promise<void> {
  const limits = { what, deadlineMs, maxBytes: MAX_WRITE_ANSWER_BYTES };
  const response = await connection.call((consul, options) => callRaw(consul, call, options), limits);
  if (response.status === 200) return;
  // Newer versions say so of what is to end and is not there.
  if (response.status === 404 && call.path.includes('deregister')) return;
  throw refusalOf(response, { what, right: `service "${service}" { policy = "write" }` }, connection.url);
}
