import type { AdminNode, SetAdminStateOutcome, WhyOutcome } from '../admin/admin-node.js';
import type { StateDocument } from '../admin/state-document.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Readiness } from '../control/readiness.js';
import type { ExpositionInput } from '../metrics/exposition.js';
import type { AdminState } from '../model/app.js';
import type { AppWhy } from './app-why.js';
import type { NodeMetrics } from './node-metrics.js';
import type { NodeStatus } from './node-status.js';
import type { OperatorDecisions } from './operator-decisions.js';

interface LocalNodeParts {
  readonly status: NodeStatus;
  readonly why: AppWhy;
  readonly metrics: NodeMetrics;
  readonly decisions: OperatorDecisions;
  readonly plane: ControlPlane;
  readonly readiness: Readiness;
}

/** What the admin API may ask of this node and change in it. */
export class LocalNode implements AdminNode {
  readonly #parts: LocalNodeParts;

  constructor(parts: LocalNodeParts) {
    this.#parts = parts;
  }

  notReadyReason(): string | null {
    return this.#parts.readiness.reason();
  }

  isStopping(): boolean {
    return this.#parts.plane.isStopping;
  }

  state(): Promise<StateDocument> {
    return this.#parts.status.document();
  }

  async why(app: string): Promise<WhyOutcome> {
    const { why } = this.#parts;
    const document = await why.document(app);
    return document === null ? { ok: false, ...why.unknown(app) } : { ok: true, document };
  }

  metrics(): Promise<ExpositionInput> {
    return this.#parts.metrics.read();
  }

  setAdminState(app: string, instance: string | null, state: AdminState, by: string): Promise<SetAdminStateOutcome> {
    return this.#parts.decisions.setAdminState(app, instance, state, by);
  }

  acceptRemoval(source: string, by: string): boolean {
    return this.#parts.decisions.acceptRemoval(source, by);
  }
}
