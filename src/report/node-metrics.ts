import type { Cluster } from '../cluster/cluster.js';
import { targetKey } from '../control/check-targets.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { SourceFeed } from '../control/source-feed.js';
import type { UnexpectedErrors } from '../control/unexpected-errors.js';
import type { HealthChecker } from '../health/checker.js';
import { createSlotCounters } from '../metrics/counters.js';
import type { ExpositionInput } from '../metrics/exposition.js';
import type { Registrar, RegistrarState } from '../registrar/registrar.js';

interface NodeMetricsParts {
  readonly cluster: Cluster;
  readonly checker: HealthChecker;
  readonly feeds: readonly SourceFeed[];
  readonly plane: ControlPlane;
  readonly unexpected: UnexpectedErrors;
  readonly registrar: Registrar | null;
}

/** What `/metrics` shows, gathered when somebody asks. */
export class NodeMetrics {
  readonly #parts: NodeMetricsParts;

  constructor(parts: NodeMetricsParts) {
    this.#parts = parts;
  }

  async read(): Promise<ExpositionInput> {
    const { cluster, plane, feeds, checker, unexpected, registrar } = this.#parts;
    const { slots, clients } = await cluster.counters();
    return {
      apps: plane.apps.map(({ name, instances }) => ({
        name,
        counters: slots[name] ?? createSlotCounters(),
        instances: instances.map(({ id }) => ({ id, up: checker.healthOf(targetKey(name, id)) === 'up' })),
      })),
      sources: feeds.map((feed) => ({ name: feed.name, up: feed.isUp, staleMs: feed.staleMs })),
      workers: cluster.workers().map(({ index, restarts }) => ({ index, restarts })),
      clients,
      ...(registrar === null ? {} : { registrar: registrarFiguresFrom(registrar.state) }),
      configErrors: plane.problems.filter(({ severity }) => severity === 'error').length,
      unexpectedErrors: unexpected.count,
    };
  }
}

function registrarFiguresFrom({ registered, ghosts, failure, isYielding }: RegistrarState) {
  return { up: failure === null && !isYielding, registered, ghosts: ghosts.length };
}
