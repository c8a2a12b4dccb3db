/**
 * Consul as a source: three blocking queries, however many apps there are. One follows the registry, two tell when the
 * services or the checks of this node moved; reading.ts and services.ts decide what they mean.
 */
import type { KeyEntry } from '../../consul/answers.js';
import { BlockingQuery } from '../../consul/blocking-query.js';
import { retryDelayMs } from '../../consul/blocking-rules.js';
import { ConsulConnection } from '../../consul/connection.js';
import { type ConsulFailure, consulFailureFrom } from '../../consul/failure.js';
import {
  type Answer,
  type Consistency,
  type Read,
  readFrom,
  readKeys,
  readNodeChecks,
  readNodeServices,
  readNow,
  readOneKey,
} from '../../consul/reads.js';
import { APPS_PREFIX, type ConsulSettings } from '../../consul/settings.js';
import type { Clock, Random } from '../../core/clock.js';
import type { App } from '../../model/app.js';
import type { InstanceReport, Source, SourceListener } from '../source.js';
import type { NodeCatalogue } from './catalogue.js';
import { refuseHiddenView } from './hidden.js';
import { consulReadingFrom, type KeyRecord, recordFromKey, recordsFromStored } from './reading.js';
import { instanceReportsFrom } from './reports.js';
import {
  catalogueFrom,
  hasForgottenNode,
  isBehind,
  NO_INDEXES,
  type NodeIndexes,
  type NodeView,
  viewProblems,
} from './view.js';

interface ConsulSourceOptions {
  readonly settings: ConsulSettings;
  /** Name of this node in Consul's catalogue: that of its agent. */
  readonly node: string;
  readonly pod: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is asked; each fails and recovers for itself. `node` is services and checks, read together. */
type Question = 'apps' | 'services' | 'checks' | 'node';

export class ConsulSource implements Source {
  readonly name = 'consul';
  readonly #options: ConsulSourceOptions;
  readonly #queries: readonly BlockingQuery<unknown>[];
  /** For what is read at once. */
  readonly #connection: ConsulConnection;
  readonly #abort = new AbortController();
  #listener: SourceListener | null = null;

  #newestKeys: Answer<readonly KeyEntry[]> | null = null;
  #records: readonly KeyRecord[] | null = null;
  /** Of the apps before the last stop, until they are read. */
  #stored: readonly KeyRecord[] = [];
  #storedApps: readonly App[] = [];
  #node: NodeView | null = null;
  /** Of the same view. */
  #catalogue: NodeCatalogue | null = null;
  /** What each question was last answered, to see what is new. */
  readonly #texts = new Map<Question, string>();
  readonly #failures = new Map<Question, ConsulFailure>();
  /** Why the next answer is to be doubted when it holds less than the last one. */
  readonly #doubts = new Map<'apps' | 'node', string>();
  /** The indexes at which a change of the node was reported: a query with a lower one has not seen it. */
  #toldIndexes: NodeIndexes = NO_INDEXES;
  #reading: Promise<void> | null = null;
  #isReadWanted = false;

  constructor(options: ConsulSourceOptions) {
    this.#options = options;
    this.#connection = new ConsulConnection(options.settings);
    this.#queries = [
      this.#query('apps', readKeys(APPS_PREFIX), (answer) => void this.#takeKeys(answer)),
      this.#query('services', readNodeServices(options.node), ({ index }) => this.#readNodeSoon({ services: index })),
      this.#query('checks', readNodeChecks(options.node), ({ index }) => this.#readNodeSoon({ checks: index })),
    ];
  }

  restore(apps: readonly App[]): void {
    this.#stored = recordsFromStored(apps, this.#options.pod);
    this.#storedApps = apps;
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    for (const query of this.#queries) query.start();
  }

  refresh(): void {
    this.#texts.clear();
    for (const query of this.#queries) query.restart();
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#abort.abort();
    await Promise.all(this.#queries.map((query) => query.stop()));
    await this.#reading;
    this.#connection.close();
  }

  reportInstances(app: string): readonly InstanceReport[] {
    return this.#catalogue === null ? [] : instanceReportsFrom(this.#catalogue, app);
  }

  #query<T>(question: Question, read: Read<T>, onNews: (answer: Answer<T>) => void): BlockingQuery<unknown> {
    const { settings, clock, random } = this.#options;
    return new BlockingQuery<T>(
      { settings, clock, random, read },
      {
        onAnswer: (answer) => {
          this.#failures.delete(question);
          const text = JSON.stringify(answer.value);
          // A higher index does not prove a change: it counts for the whole catalogue.
          const isNews = this.#texts.get(question) !== text;
          if (isNews) {
            this.#texts.set(question, text);
            onNews(answer);
          } else if (this.#failures.size === 0) this.#listener?.onConfirmed();
          return isNews;
        },
        onBackwards: () => this.#doubt(question, "Consul's index went back"),
        onFailure: (failure) => this.#onFailure(question, failure),
      },
    );
  }

  #doubt(question: Question, reason: string): void {
    // Before the first whole view there is nothing to lose.
    if (this.#records !== null && this.#node !== null) this.#doubts.set(question === 'apps' ? 'apps' : 'node', reason);
    // What comes after it is news in any case, and tells the listener that all is well again.
    this.#texts.delete(question);
    if (question !== 'apps') this.#toldIndexes = NO_INDEXES;
  }

  #onFailure(question: Question, failure: ConsulFailure): void {
    this.#doubt(question, 'Consul had failed');
    // Each kind of trouble once: first a link is lost, then no new one can be had, and that is one trouble.
    if (this.#failures.get(question)?.kind !== failure.kind) this.#failures.set(question, failure);
    this.#listener?.onFailure(failureText(this.#failures));
  }

  async #takeKeys(answer: Answer<readonly KeyEntry[]>): Promise<void> {
    this.#newestKeys = answer;
    if (answer.value.length === 0 && !(await this.#mayReadKeys())) return;
    if (this.#newestKeys !== answer) return;
    const known = new Map((this.#records ?? this.#stored).map((record) => [record.key, record]));
    this.#records = answer.value.map((entry) => recordFromKey(entry, known.get(entry.key) ?? null));
    this.#tell('apps');
  }

  /** To a token without the right the store looks empty. */
  async #mayReadKeys(): Promise<boolean> {
    try {
      await readFrom(this.#connection, readOneKey(APPS_PREFIX, APPS_PREFIX), readNow('leader', this.#abort.signal));
      return true;
    } catch (error) {
      if (this.#listener !== null) this.#onFailure('apps', consulFailureFrom(error));
      return false;
    }
  }

  /** Services and checks come from two tables: whichever moved, both are read. */
  #readNodeSoon(told: Partial<NodeIndexes> = {}): void {
    this.#toldIndexes = { ...this.#toldIndexes, ...told };
    this.#isReadWanted = true;
    this.#reading ??= this.#readNode().finally(() => {
      this.#reading = null;
      if (this.#isReadWanted && this.#listener !== null) this.#readNodeSoon();
    });
  }

  async #readNode(): Promise<void> {
    this.#isReadWanted = false;
    const { clock, random } = this.#options;
    try {
      // As fresh as what told of the change: after a failure that was the leader.
      let view = await this.#readView(this.#doubts.has('node') ? 'leader' : 'stale');
      // Another server than the one that told, and it lags: nothing would wake us when it has caught up.
      if (isBehind(view, this.#toldIndexes)) view = await this.#readView('leader');
      this.#failures.delete('node');
      refuseHiddenView(this.#options.node, this.#node, view);
      if (hasForgottenNode(this.#node, view)) this.#doubts.set('node', 'Consul forgot this node');
      if (isBehind(view, this.#toldIndexes)) this.#doubts.set('node', "Consul's index went back");
      this.#node = view;
      const past = { catalogue: this.#catalogue, stored: this.#storedApps };
      this.#catalogue = catalogueFrom(this.#options.node, view, past);
      this.#tell('node');
    } catch (error) {
      if (this.#listener === null) return;
      this.#onFailure('node', consulFailureFrom(error));
      clock.setTimer(retryDelayMs(0, random), () => {
        if (this.#listener !== null) this.#readNodeSoon();
      });
    }
  }

  async #readView(consistency: Consistency): Promise<NodeView> {
    const { node } = this.#options;
    const now = readNow(consistency, this.#abort.signal);
    const services = await readFrom(this.#connection, readNodeServices(node), now);
    // A service is registered together with its checks: none of them can be missing from what is read later.
    return { services, checks: await readFrom(this.#connection, readNodeChecks(node), now) };
  }

  /** Nothing is said before each part has been read once. */
  #tell(newest: 'apps' | 'node'): void {
    if (this.#records === null || this.#node === null || this.#catalogue === null || this.#listener === null) return;
    const { node, pod } = this.#options;
    const reading = consulReadingFrom(pod, this.#records, this.#catalogue);
    const [doubt] = this.#doubts.values();
    this.#listener.onReading({
      ...reading,
      problems: [...viewProblems(node, this.#node), ...reading.problems],
      ...(doubt === undefined ? {} : { doubt }),
      ...(this.#failures.size === 0 ? {} : { failure: failureText(this.#failures) }),
    });
    this.#doubts.delete(newest);
  }
}

/** One of them: they mostly have one cause. What a person has to mend goes first. */
function failureText(failures: ReadonlyMap<Question, ConsulFailure>): string {
  const all = [...failures.values()];
  return (all.find(({ kind }) => kind === 'denied') ?? all[0])?.message ?? '';
}
