/** Keeps the containers of this machine in Consul's agent: when it is looked at, and when it is tried again. */
import { isDeepStrictEqual } from 'node:util';
import { readAgentServices, waitForServiceChange } from '../consul/agent-services.js';
import { retryDelayMs } from '../consul/blocking-rules.js';
import { ConsulConnection } from '../consul/connection.js';
import { ConsulFailure, consulFailureFrom } from '../consul/failure.js';
import type { ConsulSettings } from '../consul/settings.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { pause } from '../core/pause.js';
import type { Container } from '../docker/container.js';
import { MAX_LINES } from './action-log.js';
import { CatalogueWatch } from './catalogue-watch.js';
import { ClaimHolder } from './claim-holder.js';
import { isOwn } from './own-mark.js';
import { Reconciler, type RegistrarApps, type RegistrarState } from './reconciler.js';

/** Between two comparisons when nothing happens. */
const COMPARE_MS = 10_000;
/**
 * Between two looks at the services of the agent: what somebody took out is back within a second. With 50 services a look
 * costs the agent 1.5 ms and this node 2 ms, so all looks cost 0.3 and 0.4 % of a core.
 */
const LOOK_MS = 500;
/** While a check has not run: what it will say has to be known before the agent may forget it. */
const OPEN_CHECK_MS = 2_000;
/** The agent is on this machine: to ask it often costs nothing, and it gets back what it lost within a second. */
const RETRY_MS = 200;
/** Of an agent that answers and is in trouble. */
const MAX_RETRY_MS = 5_000;
/** A stopping node waits so long for the round under way, and so long for the end of its claim. */
const STOP_MS = 1_000;

interface RegistrarOptions {
  readonly settings: ConsulSettings;
  readonly node: string;
  /** Of the agent, in Consul's catalogue. */
  readonly consulNode: string;
  /** Another text at each call. */
  readonly createId: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 *   idle ──first containers──► comparing ──► resting ──10 s, a change here or there, the agent's end──► comparing
 *                                  └──failure──► waiting ──a moment──► comparing
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #connection: ConsulConnection;
  readonly #claim: ClaimHolder;
  readonly #catalogue: CatalogueWatch;
  readonly #reconciler: Reconciler;
  readonly #stopped = new AbortController();
  /** null: the engine has not told yet. */
  #containers: readonly Container[] | null = null;
  /** null: not started yet. */
  #apps: (() => RegistrarApps) | null = null;
  #wake = new AbortController();
  #loop: Promise<void> | null = null;
  #failingSince: number | null = null;
  #failure: ConsulFailure | null = null;
  #state: RegistrarState = { registered: 0, ghosts: [], failure: null, isYielding: false, problems: [] };

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#connection = new ConsulConnection(options.settings);
    this.#claim = new ClaimHolder(this.#connection, options);
    this.#catalogue = new CatalogueWatch({
      ...options,
      isOwn: (service) => isOwn(service, options.node),
      onLoss: (ids) => this.#onLoss(ids),
    });
    this.#reconciler = new Reconciler(this.#connection, {
      ...{ ...options, claim: this.#claim, catalogue: this.#catalogue },
      containers: () => this.#containers ?? [],
      apps: () => this.#apps?.() ?? [],
    });
  }

  get state(): RegistrarState {
    return this.#state;
  }

  /**
   * All that the engine has or had lately. While the engine is down the last ones count: their checks go on, and what
   * Docker said of their health is repeated.
   */
  setContainers(containers: readonly Container[]): void {
    this.#containers = containers;
    this.#begin();
    this.#wake.abort();
  }

  /**
   * From when the definitions of apps are known: they count where containers say nothing. Nothing is written before, nor
   * before the first containers are known.
   */
  start(apps: () => RegistrarApps): void {
    this.#apps = apps;
    this.#begin();
  }

  /** What else decides has changed, such as the port of an app. */
  refresh(): void {
    this.#wake.abort();
  }

  /** Services stay: the containers run on, and have checks of their own. Never rejects, and does not wait for long. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    // A request that hangs ends with its connection.
    const late = new Promise<'late'>((resolve) => this.#options.clock.setTimer(STOP_MS, () => resolve('late')));
    if ((await Promise.race([this.#loop, late])) !== 'late') await this.#claim.giveUp(STOP_MS);
    this.#connection.close();
    await this.#catalogue.stop();
    await this.#loop;
  }

  #begin(): void {
    if (this.#apps === null || this.#containers === null || this.#stopped.signal.aborted) return;
    this.#catalogue.start();
    this.#loop ??= this.#run();
  }

  #onLoss(ids: readonly string[]): void {
    const some = ids.slice(0, MAX_LINES).join(', ');
    this.#options.log.info({ lost: ids.length, ids: some }, 'containers were taken out of Consul past its agent');
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    let isProved = true;
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController();
      const { signal } = this.#wake;
      try {
        // Before anything is read: what changes from then on ends the rest.
        const claim = await this.#claim.hash(this.#stopped.signal);
        const { state, hasRegistered } = await this.#reconciler.reconcile();
        this.#state = state;
        this.#noteSuccess();
        // What was registered is looked at once more: others may have come between.
        isProved = !hasRegistered || !isProved;
        if (isProved) await this.#rest(claim, signal);
      } catch (error) {
        // Woken while it rested.
        if (signal.aborted && !(error instanceof ConsulFailure)) continue;
        this.#claim.forget();
        await this.#waitAfter(this.#noteFailure(error));
      }
    }
  }

  /** Until something changes, or a comparison is due. @param claim its hash before the comparison; null: there was none */
  async #rest(claim: string | null, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const endsAt = clock.now() + (this.#reconciler.hasOpenCheck ? OPEN_CHECK_MS : COMPARE_MS);
    while (clock.now() < endsAt) {
      if (await this.#isClaimWritten(claim, signal)) return;
      if (!isDeepStrictEqual(await readAgentServices(this.#connection), this.#reconciler.services)) return;
    }
  }

  /**
   * After a look's time, or sooner: the agent holds the question, so that its end is noticed at once, and that it lost all.
   * @param claim empty: the agent tells no hashes
   */
  async #isClaimWritten(claim: string | null, signal: AbortSignal): Promise<boolean> {
    if (claim !== null && claim !== '') {
      const asked = { hash: claim, waitMs: LOOK_MS, signal };
      return (await waitForServiceChange(this.#connection, this.#claim.serviceId, asked)) !== claim;
    }
    // By us, or by somebody else: the next round knows its hash.
    const isNew = claim === null && (this.#claim.isHeld || this.#claim.isLost);
    await pause(this.#options.clock, isNew ? RETRY_MS : LOOK_MS, signal);
    return isNew || signal.aborted;
  }

  #noteSuccess(): void {
    if (this.#failure !== null) this.#options.log.info('registering containers in Consul works again');
    this.#failure = null;
    this.#failingSince = null;
  }

  #noteFailure(error: unknown): ConsulFailure {
    const { clock, log } = this.#options;
    const failure = consulFailureFrom(error);
    // Once: it is tried for ever. First a link is lost, then no new one can be had, and that is one trouble.
    if (this.#failure?.kind !== failure.kind) {
      this.#failure = failure;
      log.warn({ reason: failure.message }, 'registering containers in Consul failed; it is tried again and again');
    }
    this.#failingSince ??= clock.now();
    this.#state = { ...this.#state, failure: failure.message };
    return failure;
  }

  #waitAfter({ kind }: ConsulFailure): Promise<void> {
    const { clock, random } = this.#options;
    const isAway = kind === 'unreachable' || kind === 'late';
    const since = this.#failingSince ?? clock.now();
    const delayMs = isAway ? RETRY_MS : Math.min(MAX_RETRY_MS, retryDelayMs(clock.now() - since, random));
    return pause(clock, delayMs, this.#stopped.signal);
  }
}
