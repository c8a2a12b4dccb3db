/**
 * The JSON that `GET /apps/:app/why` answers and `autoproxy why` shows: one app, and the reasons of all that it is. Plain
 * data; fields are only ever added. Times are ISO 8601.
 */
import type { AdminState, ContainerRef, HealthCheck, Origin } from '../model/app.js';
import type { Problem } from '../model/problem.js';

export interface WhyDocument {
  readonly version: 1;
  readonly node: string;
  /** When this was said, by the clock of the node. */
  readonly at: string;
  readonly app: string;
  /**
   * served: it has its slot; pending: a source gives it and it will be in force in a moment; refused: it is written
   * somewhere and not served, and `problems` say why; gone: it was here before, and `events` say how it went.
   */
  readonly status: 'served' | 'pending' | 'refused' | 'gone';
  /** Every source that has the app, in order of precedence: the first gives it, whole, with its instances. */
  readonly definitions: readonly Definition[];
  /** Sources that give it instances beside its definition: containers. Absent in documents of older nodes. */
  readonly offers?: readonly WhyOffers[];
  /** Addresses that are listed for it, or offered to it, and not served. Absent in documents of older nodes. */
  readonly leftOut?: readonly WhyLeftOut[];
  /** null unless it is served. */
  readonly serving: Serving | null;
  /** What is wrong in what was written of it. */
  readonly problems: readonly Problem[];
  /** Oldest first; also those of earlier runs of the node, where its state directory has kept them. */
  readonly events: readonly AppEvent[];
}

export interface Definition extends Origin {
  /** used: this is what is served; hidden: another source goes before; unserved: none does, and it is not served. */
  readonly outcome: 'used' | 'hidden' | 'unserved';
  readonly slot: number;
  readonly instances: number;
  /** The source has lost this, or a part of it; it is served on until the loss is believed. */
  readonly held: boolean;
  /** For how long the source has not been confirmed; 0 when it is up. */
  readonly staleMs: number;
  /** The instances as the source sees them, also those that it leaves out; empty where it has no more to say. */
  readonly reports: readonly WhyReport[];
}

/** What a source says of instances for an app that it does not define. */
export interface WhyOffers {
  readonly source: string;
  /** How many it offers. */
  readonly instances: number;
  /** It has lost some that are served on until the loss is believed. */
  readonly held: boolean;
  readonly staleMs: number;
  readonly reports: readonly WhyReport[];
}

/** An address that nobody is sent to, since the engine says who is there. */
interface WhyLeftOut {
  /** `ip:port`, or the address of a container whose port is unknown. */
  readonly address: string;
  /** `container web-1 (0123456789ab)`. */
  readonly place: string;
  readonly why: string;
}

export interface WhyReport {
  /** `ip:port`, as it is written there. */
  readonly address: string;
  /** Where it stands, such as `service shop-1 on node a1`. */
  readonly place: string;
  /** Why it is left out; null: it is an instance. */
  readonly leftOut: string | null;
  /** The source's own checks. */
  readonly checks: readonly { readonly id: string; readonly status: string; readonly output: string }[];
}

export interface Serving {
  readonly slot: number;
  readonly healthPort: number;
  readonly protocol: string;
  readonly bound: boolean;
  readonly bindError: string | null;
  /** null before the first snapshot. */
  readonly traffic: Traffic | null;
  /** Requests and connections that went to neighbors since the node started, and that came from them. */
  readonly bled: number;
  readonly bledIn: number;
  /** What went wrong since the node started, most frequent first. */
  readonly errors: readonly WhyError[];
  readonly check: HealthCheck;
  readonly instances: readonly WhyInstance[];
  readonly neighbors: readonly WhyNeighbor[];
}

export interface WhyError {
  /** Of the table in src/proxy/README.md. */
  readonly code: string;
  readonly count: number;
  readonly text: string;
}

export interface Traffic {
  /** nobody: clients get 503; of protocol tcp, their connections are closed. */
  readonly to: 'instances' | 'neighbors' | 'nobody';
  /** Addresses of the neighbors that take the bleed now. */
  readonly neighbors: readonly string[];
  /** Why no instance of this node takes it; null when some do. */
  readonly why: string | null;
  readonly since: string;
}

/** What checks have found. */
export interface WhyHealth {
  readonly health: 'up' | 'down' | 'unchecked';
  /** null: it is not checked. */
  readonly since: string | null;
  /** Checks in a row that spoke against the present health, and how many of them change it. */
  readonly contrary: number;
  readonly contraryNeeded: number;
  readonly lastCheck: { readonly ok: boolean; readonly detail: string; readonly at: string } | null;
}

export interface WhyInstance extends WhyHealth {
  readonly id: string;
  /** The run of its container: another one is another instance at the same address. Absent in documents of older nodes. */
  readonly life?: string | null;
  /** null: it is in none that the node knows. Absent in documents of older nodes. */
  readonly container?: ContainerRef | null;
  readonly weight: number;
  /** In force. */
  readonly state: AdminState;
  /** What the source says, without the operators. */
  readonly sourceState: AdminState;
  /** The decision that is in force over it; `wholeApp`: it was made for all instances. */
  readonly decision: {
    readonly state: AdminState;
    readonly by: string;
    readonly at: string;
    readonly wholeApp: boolean;
  } | null;
  /** Who decided `weight`, and what the source says; null: that is in force. Absent in documents of older nodes. */
  readonly weightDecision?: { readonly sourceWeight: number; readonly by: string; readonly at: string } | null;
  /** Whether new requests of any client go there. */
  readonly takesTraffic: boolean;
}

interface WhyNeighbor extends WhyHealth {
  readonly address: string;
  /** What speaks against it in the list of the pod's nodes; null: nothing. */
  readonly remark: string | null;
}

export type AppEventKind =
  | 'appeared'
  | 'changed'
  | 'removed'
  /** Something is wrong in what was written of it, such as a clash or a broken file; and that it is so no more. */
  | 'problem'
  | 'mended'
  /** A source has lost it, and the loss is doubted. */
  | 'held'
  | 'up'
  | 'down'
  | 'decision'
  | 'bleed'
  | 'bleed-ended'
  /** Neither an instance nor a neighbor is left. */
  | 'unserved'
  /** A node of the pod came, went, or is doubted. */
  | 'pod'
  /** This node started or stopped: of the events before it stand those of its earlier runs. */
  | 'start'
  | 'stop'
  /** SIGHUP: the node reads its sources again; SIGUSR2: all workers were replaced, or that failed. */
  | 'reload'
  | 'rolled'
  | 'roll-failed'
  /** A worker that was replaced cut clients at the end of its drain. */
  | 'drain-cut'
  /** A worker died or hung, which cut its clients; and its place is served again. */
  | 'worker-died'
  | 'worker-serves'
  /** A source fails to be read, and is read again. */
  | 'source-down'
  | 'source-up';

/** `text` says all of it; the other fields are for programs, and absent where they mean nothing or the node is older. */
export interface AppEvent {
  readonly at: string;
  readonly kind: AppEventKind;
  readonly text: string;
  readonly id?: number;
  /** `ip:port` */
  readonly instance?: string;
  /** The source that it came from. */
  readonly source?: string;
  /** Who decided it. */
  readonly by?: string;
  /** What changed, as it was and as it is. */
  readonly before?: string;
  readonly after?: string;
}
