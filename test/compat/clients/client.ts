/** A program that real users ask with, and the cases in which it does. */
import type { Ending } from '../../support/at-end.js';
import type { Installable } from '../installable.js';
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';

export interface Case {
  readonly name: string;
  /** Asked of servers that offer it. */
  readonly page: Page;
  /** Never rejects because of what comes back: that is what it observes. */
  observe(target: Target): Promise<Observation>;
}

export interface Client extends Installable {
  /** Starts what has to run all the time, until the end. */
  start(context: Ending): Promise<readonly Case[]>;
}
