/**
 * Consul's answers, checked and brought to what is used of them. Only fields that all versions from 1.8 on give are
 * read; what else stands there is left alone. Each throws a ConsulFailure of the kind `malformed`.
 */
import * as v from 'valibot';
import { createKeyedObject } from '../core/keyed-object.js';
import { entriesOf, issueLine } from '../core/shapes.js';
import { ConsulFailure } from './failure.js';

/** One key of the store. */
export interface KeyEntry {
  readonly key: string;
  /** As UTF-8; what is none has replacement characters in it. */
  readonly text: string;
  readonly modifyIndex: number;
}

export interface ServiceEntry {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** As registered; empty: that of the node. */
  readonly address: string;
  readonly port: number;
  readonly weights: { readonly passing: number; readonly warning: number };
}

export interface NodeServices {
  readonly address: string;
  readonly services: readonly ServiceEntry[];
}

type CheckStatus = 'passing' | 'warning' | 'critical';

export interface CheckEntry {
  readonly id: string;
  readonly name: string;
  /** Consul knows no others; a future one counts as a warning, so it takes nothing out: this node's own checks decide. */
  readonly status: CheckStatus;
  readonly output: string;
  /** Why somebody made it; of a maintenance its reason. */
  readonly notes: string;
  /** Empty: a check of the node. */
  readonly serviceId: string;
}

/** A node with one of its services. */
export interface ServiceNode {
  readonly node: string;
  readonly nodeAddress: string;
  readonly service: ServiceEntry;
  readonly checks: readonly CheckEntry[];
}

const texts = v.pipe(v.nullish(entriesOf(v.string()), {}), v.transform(createKeyedObject));

const service = v.pipe(
  v.object({
    ID: v.string(),
    Service: v.string(),
    Kind: v.optional(v.string()),
    Tags: v.nullish(v.array(v.string())),
    Meta: texts,
    Address: v.optional(v.string()),
    Port: v.optional(v.number()),
    Weights: v.nullish(v.object({ Passing: v.number(), Warning: v.number() })),
  }),
  v.transform(({ ID, Service, Kind, Tags, Meta, Address, Port, Weights }) => ({
    /** Empty for what applications register; proxies of the mesh have one. */
    kind: Kind ?? '',
    entry: {
      id: ID,
      name: Service,
      tags: Tags ?? [],
      meta: Meta,
      address: Address ?? '',
      port: Port ?? 0,
      weights: { passing: Weights?.Passing ?? 1, warning: Weights?.Warning ?? 1 },
    } satisfies ServiceEntry,
  })),
);

const check = v.pipe(
  v.object({
    CheckID: v.string(),
    Name: v.optional(v.string()),
    Status: v.string(),
    Output: v.optional(v.string()),
    Notes: v.optional(v.string()),
    ServiceID: v.optional(v.string()),
  }),
  v.transform(
    ({ CheckID, Name, Status, Output, Notes, ServiceID }): CheckEntry => ({
      id: CheckID,
      name: Name ?? CheckID,
      status: Status === 'passing' || Status === 'critical' ? Status : 'warning',
      output: Output ?? '',
      notes: Notes ?? '',
      serviceId: ServiceID ?? '',
    }),
  ),
);

// The package has decoded the values.
const keys = v.array(
  v.pipe(
    v.object({ Key: v.string(), Value: v.nullish(v.string()), ModifyIndex: v.number() }),
    v.transform(({ Key, Value, ModifyIndex }): KeyEntry => ({ key: Key, text: Value ?? '', modifyIndex: ModifyIndex })),
  ),
);

const services = v.pipe(
  entriesOf(service),
  v.transform((entries) => entries.map(([, one]) => one)),
);
const checks = v.pipe(
  entriesOf(check),
  v.transform((entries) => entries.map(([, one]) => one)),
);

const nodeServices = v.nullable(v.object({ Node: v.object({ Address: v.string() }), Services: v.nullish(services) }));

const serviceNodes = v.array(
  v.object({ Node: v.object({ Node: v.string(), Address: v.string() }), Service: service, Checks: v.array(check) }),
);

export function keysFromBody(body: unknown): readonly KeyEntry[] {
  return parsed('the keys', keys, body);
}

/** Of /v1/catalog/node/:node. @returns null when the catalogue has no such node */
export function nodeServicesFromBody(body: unknown): NodeServices | null {
  const value = parsed('the services of a node', nodeServices, body ?? null);
  if (value === null) return null;
  const registered = (value.Services ?? []).flatMap(({ kind, entry }) => (kind === '' ? [entry] : []));
  return { address: value.Node.Address, services: registered };
}

/** Of /v1/health/node/:node. */
export function checksFromBody(body: unknown): readonly CheckEntry[] {
  return parsed('the checks of a node', v.array(check), body);
}

/** Of /v1/agent/services. */
export function agentServicesFromBody(body: unknown): readonly ServiceEntry[] {
  return parsed('the services of the agent', services, body).map(({ entry }) => entry);
}

/** Of /v1/agent/checks. */
export function agentChecksFromBody(body: unknown): readonly CheckEntry[] {
  return parsed('the checks of the agent', checks, body);
}

/** Where the service is reached: its own address, or that of its node. */
export function addressOf({ service, nodeAddress }: ServiceNode): string {
  return service.address === '' ? nodeAddress : service.address;
}

/** Of /v1/health/service/:service. */
export function serviceNodesFromBody(body: unknown): readonly ServiceNode[] {
  return parsed('the nodes of a service', serviceNodes, body).map(({ Node, Service, Checks }) => ({
    node: Node.Node,
    nodeAddress: Node.Address,
    service: Service.entry,
    checks: Checks,
  }));
}

function parsed<T>(what: string, schema: v.GenericSchema<unknown, T>, body: unknown): T {
  const { success, output, issues } = v.safeParse(schema, body);
  if (success) return output;
  throw new ConsulFailure('malformed', `${what}: ${issueLine(issues, 'the answer')}`);
}
