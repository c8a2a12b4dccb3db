/** Does what the comparison asks for, and remembers what only the agent can tell: when and how its checks were seen. */
import {
  type CheckStatus,
  deregisterCheck,
  deregisterService,
  registerService,
  tellCheck,
} from '../consul/agent-services.js';
import type { ConsulConnection } from '../consul/connection.js';
import { ConsulFailure, type ConsulFailureKind } from '../consul/failure.js';
import type { Clock } from '../core/clock.js';
import { type Action, type AgentState, firstStatusOf } from './compare.js';
import type { WantedCheck } from './wanted-checks.js';
import type { WantedService } from './wanted-services.js';

/**
 * Half of the time after which a check that nobody tells anything is critical: with comparisons each 10 s it is told after
 * 30 s at the latest, and a round that fails is made up. Each telling is a request.
 */
const TELL_AGAIN_MS = 25_000;
/** Of one request; the agent is there, and may do others. */
const OF_ONE_REQUEST: readonly ConsulFailureKind[] = ['denied', 'refused', 'failing'];

export class AgentWriter {
  readonly #connection: ConsulConnection;
  readonly #clock: Clock;
  /** By check: when it was told the last time. */
  readonly #toldAt = new Map<string, number>();
  /** By check: the last status that it got by running, else the one that it was given. It outlives the agent's memory. */
  readonly #seen = new Map<string, CheckStatus>();

  constructor(connection: ConsulConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  isDue(checkId: string): boolean {
    const at = this.#toldAt.get(checkId);
    return at === undefined || this.#clock.now() - at >= TELL_AGAIN_MS;
  }

  /** undefined: nothing is known of it. */
  seen(checkId: string): CheckStatus | undefined {
    return this.#seen.get(checkId);
  }

  /**
   * Before anything is written: at what is wanted and there.
   * @returns whether some check has not run yet, and will soon say more
   */
  look(wanted: readonly WantedService[], { checks }: AgentState): boolean {
    const ids = new Set(wanted.flatMap((service) => service.checks.map(({ id }) => id)));
    for (const known of [this.#toldAt, this.#seen]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    }
    let isSomeOpen = false;
    for (const { id, status, output } of checks) {
      if (!ids.has(id)) continue;
      // One that has not run has no output; its status is what somebody gave it.
      if (output === '') isSomeOpen = true;
      else this.#seen.set(id, status);
    }
    return isSomeOpen;
  }

  /**
   * @returns the failures of single requests; the others were done
   * @throws ConsulFailure when the agent does not answer at all
   */
  async write(actions: readonly Action[]): Promise<ReadonlyMap<Action, ConsulFailure>> {
    const failures = new Map<Action, ConsulFailure>();
    for (const action of actions) {
      try {
        await this.#write(action);
      } catch (error) {
        if (!(error instanceof ConsulFailure && OF_ONE_REQUEST.includes(error.kind))) throw error;
        failures.set(action, error);
      }
    }
    return failures;
  }

  async #write(action: Action): Promise<void> {
    const connection = this.#connection;
    switch (action.kind) {
      case 'register': {
        const { service } = action;
        // A new check has a status and no words: it is told them soon.
        for (const { id } of service.checks) this.#toldAt.delete(id);
        const firstStatus = (check: WantedCheck): CheckStatus => {
          const runsForMs = this.#clock.now() - service.runsSince;
          return firstStatusOf(check, { known: this.#seen.get(check.id), runsForMs });
        };
        await registerService(connection, service, firstStatus);
        for (const check of service.checks) if (!this.#seen.has(check.id)) this.#seen.set(check.id, firstStatus(check));
        return;
      }
      case 'deregister':
        this.#forget(action.service.id);
        return deregisterService(connection, action.service);
      case 'drop check':
        return deregisterCheck(connection, action.id, action.service);
      case 'tell':
        await tellCheck(connection, action.id, action.told, action.service);
        this.#toldAt.set(action.id, this.#clock.now());
    }
  }

  /** A life that ended says nothing of the next one. */
  #forget(serviceId: string): void {
    for (const id of this.#seen.keys()) if (id.startsWith(`${serviceId}/`)) this.#seen.delete(id);
  }
}
