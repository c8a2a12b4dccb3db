/** Makes the agent have what the containers ask for: reads it, compares, writes the difference, and tells people. */
import { readAgentChecks, readAgentServices } from '../consul/agent-services.js';
import type { ServiceEntry } from '../consul/answers.js';
import type { ConsulConnection } from '../consul/connection.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { SaidOnce } from '../core/said-once.js';
import { reasonOf } from '../core/thrown.js';
import type { Container } from '../docker/container.js';
import type { App } from '../model/app.js';
import { formatProblem, type Problem } from '../model/problem.js';
import { logActions } from './action-log.js';
import { AgentWriter } from './agent-writer.js';
import type { CatalogueWatch } from './catalogue-watch.js';
import type { ClaimHolder } from './claim-holder.js';
import { type AgentState, compare } from './compare.js';
import { ghostsAmong } from './ghosts.js';
import { remarksFrom } from './remarks.js';
import { type DefinedApp, wantedFrom } from './wanted-services.js';

export type RegistrarApps = readonly (DefinedApp & Pick<App, 'name'>)[];

interface ReconcilerOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly claim: ClaimHolder;
  readonly catalogue: CatalogueWatch;
  readonly containers: () => readonly Container[];
  readonly apps: () => RegistrarApps;
}

export interface RegistrarState {
  /** Services of containers that the agent has from us. */
  readonly registered: number;
  /** Services of other writers at the address of a container that is gone. */
  readonly ghosts: readonly ServiceEntry[];
  /** Why it could not do all that it should, the last time; null: it could. */
  readonly failure: string | null;
  /** Another registrar of the same node writes. */
  readonly isYielding: boolean;
  /** What people should know. */
  readonly problems: readonly Problem[];
}

interface Reconciled {
  readonly state: RegistrarState;
  /** Something was registered that the agent did not have. */
  readonly hasRegistered: boolean;
}

const REMARK = 'registering containers';

export class Reconciler {
  /** What the agent had when it was last read. */
  services: readonly ServiceEntry[] = [];
  /** A check of ours had not run then, and will soon say more. */
  hasOpenCheck = false;
  readonly #connection: ConsulConnection;
  readonly #options: ReconcilerOptions;
  readonly #writer: AgentWriter;
  readonly #remarks = new SaidOnce();

  constructor(connection: ConsulConnection, options: ReconcilerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#writer = new AgentWriter(connection, options.clock);
  }

  /** @throws ConsulFailure when the agent does not answer at all */
  async reconcile(): Promise<Reconciled> {
    const { node, log, claim, catalogue } = this.#options;
    const agent: AgentState = {
      services: await readAgentServices(this.#connection),
      checks: await readAgentChecks(this.#connection),
    };
    this.services = agent.services;
    const containers = this.#options.containers();
    const ghosts = ghostsAmong(agent.services, containers, node);
    const claimFailure = await claim.take(agent);
    if (claim.isLost) {
      return { state: { registered: 0, ghosts, failure: null, isYielding: true, problems: [] }, hasRegistered: false };
    }
    const apps = new Map(this.#options.apps().map((app) => [app.name, app]));
    const wanted = wantedFrom(containers, { node, appOf: (name) => apps.get(name) ?? null });
    this.hasOpenCheck = this.#writer.look(wanted.services, agent);
    const { actions, taken } = compare(wanted, agent, {
      node,
      isDue: (id) => this.#writer.isDue(id),
      isLost: (id) => catalogue.isLost(id),
      seen: (id) => this.#writer.seen(id),
    });
    for (const action of actions) {
      if (action.kind === 'register' || action.kind === 'deregister') catalogue.noteWritten(action.service.id);
    }
    const failures = await this.#writer.write(actions);
    const done = actions.filter((action) => !failures.has(action));
    logActions(log, done);
    const lost = [...failures.keys()].filter(({ kind }) => kind === 'register').length;
    const reasons = [
      ...new Set([...(claimFailure === null ? [] : [claimFailure]), ...failures.values()].map(reasonOf)),
    ];
    const problems = remarksFrom({ refusals: wanted.refusals, taken, ghosts, failures: reasons });
    for (const problem of this.#remarks.newAmong(problems, formatProblem)) {
      log.warn({ reason: formatProblem(problem) }, REMARK);
    }
    const registered = wanted.services.length - taken.length - lost;
    return {
      state: { registered, ghosts, failure: reasons[0] ?? null, isYielding: false, problems },
      hasRegistered: done.some(({ kind }) => kind === 'register'),
    };
  }
}
