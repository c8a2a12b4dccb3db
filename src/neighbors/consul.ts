import type { ServiceNode } from '../consul/answers.js';
import { BlockingQuery } from '../consul/blocking-query.js';
import type { ConsulFailure, ConsulFailureKind } from '../consul/failure.js';
import { type Answer, readServiceNodes } from '../consul/reads.js';
import { type ConsulSettings, NODE_SERVICE } from '../consul/settings.js';
import type { Clock, Random, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { REMOVAL_GRACE_MS } from '../model/large-loss.js';
import type { Problem } from '../model/problem.js';
import { listedFrom, type Named, namesIn } from './consul-addresses.js';
import { isShown, type OwnRegistration, podNodesFrom, type RegisteredNode } from './consul-nodes.js';
import { isCandidate, type NeighborSource, type OnAddresses } from './neighbor-source.js';
import { ResolvedNames } from './resolved-names.js';
import { type Resolve, systemResolve } from './system-resolve.js';

/** A registration is in the catalogue after a moment; what is not shown after this time is hidden. */
const HIDDEN_AFTER_MS = 5_000;
/** A node that is hidden from itself may be lost as well: so often it registers again. */
const RENEW_INTERVAL_MS = 60_000;

interface ConsulNeighborsOptions {
  readonly settings: ConsulSettings;
  readonly pod: string;
  readonly own: OwnRegistration;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly resolve?: Resolve;
  /** Its agent took the registration of this node. */
  readonly isRegistered: () => boolean;
  /** Consul answered and does not show this node. */
  readonly onForgotten: () => void;
}

/** The nodes of the pod, as they registered themselves. While Consul does not answer, the last good list counts. */
export class ConsulNeighbors implements NeighborSource {
  readonly #options: ConsulNeighborsOptions;
  readonly #query: BlockingQuery<unknown>;
  readonly #names: ResolvedNames;
  #onAddresses: OnAddresses | null = null;
  #nodes: readonly RegisteredNode[] = [];
  /** What happened since the last answer, as a remark on the nodes that the next one lacks. */
  #fault: string | null = null;
  /** Why answers may lack nodes, and how long that counts. */
  #doubt: { readonly remark: string; readonly until: number } | null = null;
  #recheck: Timer | null = null;
  /** What is wrong with the newest answer as a whole. */
  #hidden: Problem | null = null;
  /** null: no answer has shown all. */
  #seesAll: true | null = null;
  #wasShown = false;
  /** Since when this node is registered and not shown. */
  #unseenSince: number | null = null;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #told = '';
  #saidKind: ConsulFailureKind | null = null;

  constructor(options: ConsulNeighborsOptions) {
    this.#options = options;
    const { settings, pod, clock, random, log, resolve = systemResolve } = options;
    this.#names = new ResolvedNames({ resolve, clock, random, onChange: () => this.#tell() });
    this.#query = new BlockingQuery(
      { settings, clock, random, read: readServiceNodes(NODE_SERVICE, pod) },
      {
        onAnswer: (answer) => {
          if (this.#saidKind !== null) log.info({ pod }, 'reading the neighbors from Consul works again');
          this.#saidKind = null;
          return this.#take(answer);
        },
        onBackwards: () => {
          this.#fault = 'Consul has not shown it since its index went back';
        },
        onFailure: (failure) => this.#onFailure(failure),
      },
    );
  }

  start(onAddresses: OnAddresses): void {
    this.#onAddresses = onAddresses;
    this.#query.start();
  }

  refresh(): void {
    this.#query.restart();
  }

  async stop(): Promise<void> {
    this.#onAddresses = null;
    this.#recheck?.cancel();
    this.#names.stop();
    await this.#query.stop();
  }

  #take({ value, isFiltered }: Answer<readonly ServiceNode[]>): boolean {
    const { own, clock } = this.#options;
    const hasSelf = isShown(value, own);
    if (!isFiltered) this.#seesAll = true;
    // A token that loses a right is answered with less, and what it does not show any more has not left.
    const isPartial = isFiltered && this.#seesAll === true;
    if (hasSelf) this.#wasShown = true;
    else if (this.#wasShown) this.#fault = 'Consul has not shown it since it forgot this node too';
    // What was lost is registered again node by node, this one first perhaps.
    if (this.#fault !== null) this.#doubt = { remark: this.#fault, until: clock.now() + REMOVAL_GRACE_MS };
    this.#fault = null;
    this.#noteSelf(hasSelf);
    this.#hidden = this.#hiddenProblem(isFiltered, isPartial);
    return this.#judge(
      value,
      isPartial ? 'Consul hides it' : hasSelf ? null : 'Consul does not show it, and not this node either',
    );
  }

  /** @param flaw why this very answer is not whole */
  #judge(answer: readonly ServiceNode[], flaw: string | null): boolean {
    const { own, clock } = this.#options;
    const leftMs = (this.#doubt?.until ?? Number.NEGATIVE_INFINITY) - clock.now();
    const doubt = leftMs > 0 ? (this.#doubt?.remark ?? null) : null;
    this.#nodes = podNodesFrom(answer, own, this.#nodes, flaw ?? doubt);
    this.#names.follow(namesIn(this.#nodes));
    this.#recheck?.cancel();
    // What is missing then is gone, whether or not Consul has another answer until then.
    this.#recheck = leftMs > 0 ? clock.setTimer(leftMs, () => void this.#judge(answer, flaw)) : null;
    return this.#tell();
  }

  /** @returns whether it is another list than before, or another remark */
  #tell(): boolean {
    const listed = this.#nodes.map((node) => listedFrom(node, this.#named()));
    const nodes = listed.map(({ node }) => node);
    const addresses = [...new Set(nodes.filter(isCandidate).flatMap((node) => node.addresses))].sort();
    const problems = [this.#hidden, ...listed.map(({ problem }) => problem)].filter((problem) => problem !== null);
    const told = JSON.stringify([addresses, nodes, problems]);
    if (told === this.#told) return false;
    this.#told = told;
    this.#onAddresses?.(addresses, { nodes, problems });
    return true;
  }

  #named(): Named {
    return {
      addressesOf: (name) => this.#names.addressesOf(name),
      failureOf: (name) => this.#names.failureOf(name),
    };
  }

  #noteSelf(hasSelf: boolean): void {
    const { clock, isRegistered, onForgotten, log, own } = this.#options;
    if (hasSelf) {
      this.#unseenSince = null;
      return;
    }
    if (!isRegistered()) return;
    if (this.#unseenSince === null) {
      this.#unseenSince = clock.now();
      log.info({ id: own.id }, 'Consul does not show this node; it registers again');
    } else if (clock.now() - this.#renewedAt < RENEW_INTERVAL_MS) return;
    this.#renewedAt = clock.now();
    onForgotten();
  }

  #hiddenProblem(isFiltered: boolean, isPartial: boolean): Problem | null {
    const { pod, own, clock } = this.#options;
    const isUnseen = this.#unseenSince !== null && clock.now() - this.#unseenSince >= HIDDEN_AFTER_MS;
    if (!isFiltered && !isUnseen) return null;
    const kept = isPartial || isUnseen ? '; those that it has shown stay neighbors' : '';
    const message = isUnseen
      ? `Consul does not show the registration of this node (${own.id}), so it hides nodes of pod ${pod}${kept}`
      : `Consul hides a part of the nodes of pod ${pod}${kept}`;
    const hint = `give the token the right ${readServiceNodes(NODE_SERVICE).right}`;
    return { severity: 'warning', app: null, file: 'consul', line: null, col: null, message, hint };
  }

  /** Once for each kind of trouble: it is tried for ever. */
  #onFailure({ kind, message }: ConsulFailure): void {
    this.#fault = 'Consul has not shown it since it failed';
    if (kind === this.#saidKind) return;
    this.#saidKind = kind;
    this.#options.log.warn({ reason: message }, 'reading the neighbors from Consul failed; the last good list stays');
  }
}
