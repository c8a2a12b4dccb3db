/**
 * Consul's answers, checked and brought to what is used of them. Only fields that all versions from 1.8 on give are
 * read; what else stands there is left alone. Each throws a ConsulFailure of the kind `malformed`.
 */
import * as z from 'zod';
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

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

const service = z
  .object({
    ID: z.string(),
    Service: z.string(),
    Kind: z.string().optional(),
    Tags: z.array(z.string()).nullish(),
    Meta: texts,
    Address: z.string().optional(),
    Port: z.number().optional(),
    Weights: z.object({ Passing: z.number(), Warning: z.number() }).nullish(),
  })
  .transform(({ ID, Service, Kind, Tags, Meta, Address, Port, Weights }) => ({
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
  }));

const check = z
  .object({
    CheckID: z.string(),
    Name: z.string().optional(),
    Status: z.string(),
    Output: z.string().optional(),
    Notes: z.string().optional(),
    ServiceID: z.string().optional(),
  })
  .transform(
    ({ CheckID, Name, Status, Output, Notes, ServiceID }): CheckEntry => ({
      id: CheckID,
      name: Name ?? CheckID,
      status: Status === 'passing' || Status === 'critical' ? Status : 'warning',
      output: Output ?? '',
      notes: Notes ?? '',
      serviceId: ServiceID ?? '',
    }),
  );

// The package has decoded the values.
const keys = z
  .array(z.object({ Key: z.string(), Value: z.string().nullish(), ModifyIndex: z.number() }))
  .transform((list) =>
    list.map(({ Key, Value, ModifyIndex }): KeyEntry => ({ key: Key, text: Value ?? '', modifyIndex: ModifyIndex })),
  );

/** The entries of a map under any key: `z.record` silently drops the key `__proto__`. */
function valuesOf<T extends z.ZodType>(value: T) {
  return z
    .custom<object>((map) => typeof map === 'object' && map !== null && !Array.isArray(map), 'is not a map')
    .transform((map): unknown[] => Object.values(map))
    .pipe(z.array(value));
}

const nodeServices = z
  .object({ Node: z.object({ Address: z.string() }), Services: valuesOf(service).nullish() })
  .nullable();

const serviceNodes = z.array(
  z.object({ Node: z.object({ Node: z.string(), Address: z.string() }), Service: service, Checks: z.array(check) }),
);

export function keysFromBody(body: unknown): readonly KeyEntry[] {
  return parsed('the keys', keys, body);
}

/** Of /v1/catalog/node/:node. @returns null when the catalogue has no such node */
export function nodeServicesFromBody(body: unknown): NodeServices | null {
  const value = parsed('the services of a node', nodeServices, body ?? null);
  if (value === null) return null;
  const services = (value.Services ?? []).flatMap(({ kind, entry }) => (kind === '' ? [entry] : []));
  return { address: value.Node.Address, services };
}

/** Of /v1/health/node/:node. */
export function checksFromBody(body: unknown): readonly CheckEntry[] {
  return parsed('the checks of a node', z.array(check), body);
}

/** Of /v1/agent/services. */
export function agentServicesFromBody(body: unknown): readonly ServiceEntry[] {
  return parsed('the services of the agent', valuesOf(service), body).map(({ entry }) => entry);
}

/** Of /v1/agent/checks. */
export function agentChecksFromBody(body: unknown): readonly CheckEntry[] {
  return parsed('the checks of the agent', valuesOf(check), body);
}

/** Of /v1/health/service/:service. */
/** Where the service is reached: its own address, or that of its node. */
export function addressOf({ service, nodeAddress }: ServiceNode): string {
  return service.address === '' ? nodeAddress : service.address;
}

export function serviceNodesFromBody(body: unknown): readonly ServiceNode[] {
  return parsed('the nodes of a service', serviceNodes, body).map(({ Node, Service, Checks }) => ({
    node: Node.Node,
    nodeAddress: Node.Address,
    service: Service.entry,
    checks: Checks,
  }));
}

function parsed<T>(what: string, schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw new ConsulFailure('malformed', `${what}: ${place}: ${issue?.message ?? 'has another form'}`);
}
