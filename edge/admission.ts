/** Which apps the edge serves, and why not the others. */
import type { Problem } from '../src/model/problem.js';
import type { JudgedDomain } from './certificates/domain.js';
import type { EdgeApp } from './edge-app.js';
import type { RouteTables } from './routes/route-tables.js';

/** Slots by the names of the apps that have them already: they are not taken from them. */
export type HeldSlots = ReadonlyMap<string, number>;

export interface Admission {
  /** Sorted by name. */
  readonly apps: readonly EdgeApp[];
  /** The routes of these apps. */
  readonly tables: RouteTables;
  /** Sorted by name; those without a certificate are not served. */
  readonly domains: readonly JudgedDomain[];
  /** Names of apps that have a way in and are not served, sorted; an error names each. */
  readonly refused: readonly string[];
  /** Of domains and of apps, errors first. */
  readonly problems: readonly Problem[];
}
