import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SourceFeed } from './source-feed.js';

/** Is told what the control plane puts in force, at the moment that it does; the plane never asks back. */
export interface PlaneObserver {
  /** @param apps what is served, without the operators' decisions: those are events of their own */
  onDesiredState(apps: readonly App[], problems: readonly Problem[], feeds: readonly SourceFeed[]): void;
  onSnapshot(snapshot: Snapshot): void;
  /** @param detail what the last check said */
  onHealth(app: string, instance: string, isUp: boolean, detail: string): void;
  /** @param text what became of a node of the pod */
  onNodes(text: string): void;
}
