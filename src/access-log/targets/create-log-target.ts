import { hostname } from 'node:os';
import type { Clock, Random } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { isRefusal } from '../../core/refusal.js';
import { FileTarget } from './file-target.js';
import type { LogTarget } from './log-target.js';
import { LoggerTarget } from './logger-target.js';
import { isSyslog, parseSyslog } from './syslog-place.js';
import { SyslogTarget } from './syslog-target.js';

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** @param target as the option has it. @throws Error when it is not one */
export function createLogTarget(target: string, { clock, random, log }: Surroundings): LogTarget {
  if (!isSyslog(target)) return new FileTarget({ target, clock, log });
  const place = parseSyslog(target);
  if (isRefusal(place)) throw new Error(place.message);
  const { pid } = process;
  if ('socket' in place) return new LoggerTarget({ ...place, pid, clock, random, log });
  return new SyslogTarget({ ...place, hostname: hostname(), pid, clock, log });
}
