/** The placement of a definition as people write it. */
import { PLACEMENT_DEFAULTS, type Placement, type Share } from '../model/placement.js';
import { durationUnless, nonEmpty, type Plain, unless } from './plain.js';

const { healthcheck: checked, update: updated } = PLACEMENT_DEFAULTS;

/** @returns null when all of it is as by default */
export function plainFromPlacement(placement: Placement): Plain | null {
  const { limits, reservations, healthcheck, update, stopGraceMs, restartDelayMs, spread } = placement;
  return nonEmpty({
    limits: plainFromShare(limits),
    reservations: plainFromShare(reservations),
    healthcheck: nonEmpty({
      source: unless<string>(checked.source, healthcheck.source),
      command: healthcheck.command,
      interval: durationUnless(checked.intervalMs, healthcheck.intervalMs),
      timeout: durationUnless(checked.timeoutMs, healthcheck.timeoutMs),
      retries: unless(checked.retries, healthcheck.retries),
      start_period: durationUnless(checked.startPeriodMs, healthcheck.startPeriodMs),
    }),
    update: nonEmpty({
      order: unless<string>(updated.order, update.order),
      parallelism: unless(updated.parallelism, update.parallelism),
      delay: durationUnless(updated.delayMs, update.delayMs),
      monitor: durationUnless(updated.monitorMs, update.monitorMs),
      on_failure: unless<string>(updated.onFailure, update.onFailure),
    }),
    stop_grace: stopGraceMs === null ? null : durationUnless(-1, stopGraceMs),
    restart_delay: durationUnless(PLACEMENT_DEFAULTS.restartDelayMs, restartDelayMs),
    spread,
  });
}

function plainFromShare({ milliCpus, memoryBytes }: Share): Plain | null {
  return nonEmpty({ cpus: milliCpus === null ? null : milliCpus / 1_000, memory: memoryBytes });
}
