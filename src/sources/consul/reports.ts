/** What the catalogue says of the services under the name of an app, for people. Pure. */

import type { InstanceReport } from '../source.js';
import type { NodeCatalogue } from './catalogue.js';
import { judgeServices } from './services.js';

/** Checks may say pages, and pages do not help. */
const MAX_OUTPUT_LENGTH = 300;

export function instanceReportsFrom(catalogue: NodeCatalogue, app: string): readonly InstanceReport[] {
  return judgeServices(catalogue, app).map(({ service, address, checks, verdict }) => ({
    address,
    place: `service ${service.id} on node ${catalogue.node}`,
    leftOut: verdict.kind === 'instance' ? null : verdict.why,
    checks: checks.map(({ id, status, output }) => ({ id, status, output: output.slice(0, MAX_OUTPUT_LENGTH) })),
  }));
}
