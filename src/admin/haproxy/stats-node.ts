import type { Clock } from '../../core/clock.js';
import type { AdminState } from '../../model/app.js';
import type { SessionsDocument } from '../sessions-document.js';
import type { ProxyView } from './proxy-view.js';

/** What the verbs know of the node: a part of `AdminNode`. */
export interface StatsNode {
  proxies(): Promise<ProxyView>;
  setAdminState(app: string, instance: string | null, state: AdminState, by: string): Promise<StatsOutcome>;
  setWeight(app: string, instance: string, weight: number | null, by: string): Promise<StatsOutcome>;
  sessions(app: string | null): Promise<SessionsDocument>;
  killSession(id: string, by: string): Promise<boolean | null>;
  cutInstance(app: string, instance: string, by: string): void;
  clearMaxima(): Promise<void>;
}

export type StatsOutcome =
  | { readonly ok: true; readonly saved: boolean; readonly reason?: string }
  | { readonly ok: false; readonly message: string };

/** Of one command. */
export interface VerbContext {
  readonly node: StatsNode;
  readonly clock: Clock;
  /** Who asks, for people. */
  readonly by: string;
  /** Nobody waits for the answer any more. */
  readonly end: AbortSignal;
  /** The connection may be silent for so long. */
  readonly setIdleTimeout: (idleMs: number) => void;
}

export interface Verb {
  /** The words that call it. */
  readonly words: readonly string[];
  /** As HAProxy's help writes it. */
  readonly usage: string;
  readonly help: string;
  /**
   * @param args the words behind its own
   * @returns lines, each with its end; '' where there is nothing to say
   */
  run(args: readonly string[], context: VerbContext): string | Promise<string>;
}
