import type { ExpositionInput } from '../metrics/exposition.js';
import type { AdminState } from '../model/app.js';
import type { StateDocument } from './state-document.js';
import type { WhyDocument } from './why-document.js';

/** All that the admin API knows of the node that it speaks for. */
export interface AdminNode {
  state(): Promise<StateDocument>;
  /** One app, and the reasons of all that it is. */
  why(app: string): Promise<WhyOutcome>;
  metrics(): Promise<ExpositionInput>;
  /** Why the node does not do its work, in one line; null when it is ready. */
  notReadyReason(): string | null;
  isStopping(): boolean;
  /**
   * In force when the promise resolves.
   * @param instance `ip:port`, a container by name or id; null: all instances of the app
   * @param by who asks, safe for a terminal
   */
  setAdminState(app: string, instance: string | null, state: AdminState, by: string): Promise<SetAdminStateOutcome>;
  /** @returns false when no removal of this source is held */
  acceptRemoval(source: string, by: string): boolean;
}

export type WhyOutcome =
  | { readonly ok: true; readonly document: WhyDocument }
  /** Nobody has heard of such an app. */
  | { readonly ok: false; readonly message: string; readonly hint: string };

export type SetAdminStateOutcome =
  /** `saved: false`: in force, but a restart forgets it; `reason` says why. */
  | { readonly ok: true; readonly saved: boolean; readonly reason?: string }
  | { readonly ok: false; readonly status: 404; readonly message: string };
