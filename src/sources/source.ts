import type { GonePlace } from '../core/lives.js';
import type { App, ContainerRef, Instance } from '../model/app.js';
import type { Problem } from '../model/problem.js';

/** Publishes whole readings, never changes: what is not in the newest one is gone. */
export interface Source {
  /** `directory`, `static`, `overrides`; stands in logs and in `Origin.source`. */
  readonly name: string;
  /**
   * What it said before the last stop, told before `start`: an app whose newest text is broken is served as it was then.
   * Absent: what it says is never broken.
   */
  restore?(apps: readonly App[]): void;
  /** Reads for the first time and goes on watching. The first call of the listener may come at any later time. */
  start(listener: SourceListener): void;
  /** Reads again now, also without a noticed change (SIGHUP). */
  refresh(): void;
  stop(): Promise<void>;
  /** What it knows of the instances of an app beyond its reading, for people; absent: the reading says all. */
  reportInstances?(app: string): readonly InstanceReport[];
}

/** An instance as its source sees it, also one that it leaves out. */
export interface InstanceReport {
  /** `ip:port`, as it is written there. */
  readonly address: string;
  /** Where it stands, such as `service shop-1 on node a1`. */
  readonly place: string;
  /** Why it is left out; null: it is an instance. */
  readonly leftOut: string | null;
  /** The source's own checks; those of this node are another matter. */
  readonly checks: readonly SourceCheck[];
}

interface SourceCheck {
  readonly id: string;
  /** In the words of the source. */
  readonly status: string;
  readonly output: string;
}

export interface SourceListener {
  onReading(reading: SourceReading): void;
  /** Its last reading is still true: the source was asked again and had nothing new. */
  onConfirmed(): void;
  /** The source as a whole cannot be read; its last reading stays in force. Called at each failed attempt. */
  onFailure(reason: string): void;
  /** This node has no such source, and nobody said that it should; it reports as any other once it is there. */
  onAbsent(reason: string): void;
}

/** What a source read, as a whole. */
export interface SourceReading {
  readonly apps: readonly App[];
  /** Instances for apps that this source or another one defines; absent: it has none. */
  readonly offers?: readonly Offer[];
  /** Who is at which address of this machine, as far as the source knows; each address once. */
  readonly claims?: readonly Claim[];
  /** Lives and addresses that ended lately: who waits for an answer from there waits in vain. */
  readonly gone?: readonly GonePlace[];
  /** What was wrong in it. An app whose newest text is broken is still in `apps`, as it last was good. */
  readonly problems: readonly Problem[];
  /** Why what is missing in it may be missing by accident, such as "Consul had failed"; absent: nothing says so. */
  readonly doubt?: string;
  /** What it knows and does not want served, also of its offers, with a reason: that is no loss to be doubted. */
  readonly withdrawn?: readonly Withdrawal[];
  /** Why a part of it is only as it last was; absent: all of it was read just now. */
  readonly failure?: string;
}

/** What containers offer to the app of this name, whoever defines it. */
export interface Offer {
  /** Of the app. */
  readonly name: string;
  readonly instances: readonly OfferedInstance[];
}

export interface OfferedInstance extends Omit<Instance, 'port'> {
  /** `ip:port`, or `ip:native_port` while only the app knows its port. */
  readonly id: string;
  /** null: the `native_port` of the app. */
  readonly port: number | null;
}

/** Of an address that a container has, or had and nobody has since: there the engine decides who is there. */
export interface Claim {
  readonly host: string;
  readonly container: ContainerRef;
  readonly life: string;
  /** leaving: it gets nothing new; gone: nobody is there. */
  readonly standing: 'running' | 'leaving' | 'gone';
  /** The apps that it serves; empty: it does not say. */
  readonly apps: readonly string[];
  /** Why it is leaving or gone; empty while it runs. */
  readonly why: string;
}

export interface Withdrawal {
  readonly app: string;
  /** Id of the instance; null: the whole app. */
  readonly instance: string | null;
}
