/** What the engine says of the containers of an app, for people. Pure. */
import type { Container } from '../../docker/container.js';
import { containerWords } from '../../model/container-words.js';
import type { InstanceReport } from '../source.js';
import { answerOf } from './labels.js';
import { judgedPlacesOf, reasonOfPhase } from './reading.js';

/** A container that crashes again and again leaves many lives. */
const MAX_REPORTS = 50;

/** Those that may serve first, then those that were left out. */
export function dockerReportsFrom(containers: readonly Container[], app: string): readonly InstanceReport[] {
  const wanted = app.toLowerCase();
  const reports = containers.flatMap((container) => reportsOf(container, wanted));
  const order = (report: InstanceReport): number => (report.leftOut === null ? 0 : 1);
  return reports.sort((one, other) => order(one) - order(other)).slice(0, MAX_REPORTS);
}

function reportsOf(container: Container, wanted: string): readonly InstanceReport[] {
  const place = containerWords(container);
  const checks = container.health === 'none' ? [] : [{ id: 'HEALTHCHECK', status: container.health, output: '' }];
  const judged = judgedPlacesOf(container).filter(({ app }) => app.toLowerCase() === wanted);
  if (judged.length > 0) {
    return judged.map(({ instance, leftOut }) => ({ address: instance.id, place, leftOut, checks }));
  }
  const { names, refusals } = answerOf(container);
  const [refusal] = refusals;
  if (refusal === undefined || !names.some((name) => name.toLowerCase() === wanted)) return [];
  // One that has ended is on no network for that reason alone.
  const leftOut = reasonOfPhase(container) ?? refusal.message;
  return [{ address: container.networks[0]?.address ?? '', place, leftOut, checks }];
}
