/** What a node answers, without a node: the server is real, the answers are the test's. */

import type { TestContext } from 'node:test';
import type { AdminNode, SetAdminStateOutcome, WhyOutcome } from '../../src/admin/admin-node.js';
import { type AdminServer, type AdminServerOptions, startAdminServer } from '../../src/admin/server.js';
import type { StateDocument } from '../../src/admin/state-document.js';
import type { WhyDocument } from '../../src/admin/why-document.js';
import { createSlotCounters } from '../../src/metrics/counters.js';
import type { ExpositionInput } from '../../src/metrics/exposition.js';
import { createHistogram } from '../../src/metrics/histogram.js';
import type { AdminState } from '../../src/model/app.js';
import { atEnd } from '../support/at-end.js';

export interface Decision {
  readonly app: string;
  readonly instance: string | null;
  readonly state: AdminState;
  readonly by: string;
}

export const STATE: StateDocument = {
  version: 1,
  node: 'alpha-1',
  pod: 'alpha',
  pid: 1,
  status: 'ready',
  notReady: null,
  uptimeMs: 1_000,
  bind: '127.0.0.1',
  revision: 3,
  appliedRevision: 3,
  workers: [],
  sources: [],
  neighbors: [],
  nodes: [],
  apps: [
    {
      name: 'checkout',
      slot: 21_034,
      protocol: 'http',
      bound: true,
      bindError: null,
      source: 'directory',
      location: '/etc/autoproxy.d/services/checkout.yml',
      instances: [],
      neighbors: [],
      connections: 0,
      requests: 0,
      responses: [0, 0, 0, 0, 0, 0],
      errors: {},
      retries: 0,
      bled: 0,
      bledIn: 0,
      inFlight: 0,
      queued: 0,
      tunnels: 0,
      latency: { p50Ms: null, p99Ms: null },
      latencyBuckets: createHistogram(),
    },
  ],
  problems: [],
};

export const WHY: WhyDocument = {
  version: 1,
  node: 'alpha-1',
  at: '2026-01-02T03:04:05.000Z',
  app: 'checkout',
  status: 'gone',
  definitions: [],
  serving: null,
  problems: [],
  events: [],
};

export class NodeDouble implements AdminNode {
  readonly decisions: Decision[] = [];
  readonly heldSources = new Set(['directory']);
  notReady: string | null = null;
  stopping = false;
  /** What the next decision comes to. */
  outcome: SetAdminStateOutcome = { ok: true, saved: true };
  /** Thrown by the next question for the state. */
  failure: Error | null = null;

  async state(): Promise<StateDocument> {
    if (this.failure !== null) throw this.failure;
    return STATE;
  }

  async why(app: string): Promise<WhyOutcome> {
    if (app !== 'checkout') return { ok: false, message: `there is no app ${app}`, hint: 'did you mean checkout?' };
    return { ok: true, document: WHY };
  }

  async metrics(): Promise<ExpositionInput> {
    return {
      apps: [{ name: 'checkout', counters: createSlotCounters(), instances: [] }],
      sources: [],
      workers: [],
      configErrors: 0,
      unexpectedErrors: 0,
    };
  }

  notReadyReason(): string | null {
    return this.notReady;
  }

  isStopping(): boolean {
    return this.stopping;
  }

  async setAdminState(
    app: string,
    instance: string | null,
    state: AdminState,
    by: string,
  ): Promise<SetAdminStateOutcome> {
    if (app !== 'checkout') return { ok: false, status: 404, message: 'no app is named so' };
    this.decisions.push({ app, instance, state, by });
    return this.outcome;
  }

  acceptRemoval(source: string): boolean {
    return this.heldSources.delete(source);
  }
}

export interface RunningAdmin {
  readonly node: NodeDouble;
  readonly server: AdminServer;
  readonly host: string;
  readonly port: number;
  readonly origin: string;
}

export async function startAdmin(
  context: TestContext,
  options: Partial<Omit<AdminServerOptions, 'node'>> = {},
): Promise<RunningAdmin> {
  const node = new NodeDouble();
  const server = await startAdminServer({ node, address: { host: '127.0.93.1', port: 0 }, ...options });
  atEnd(context, () => server.close().catch(() => undefined));
  const { host, port } = server.address;
  return { node, server, host, port, origin: `http://${host}:${port}` };
}
