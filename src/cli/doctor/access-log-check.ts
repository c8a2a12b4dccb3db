import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { socketProblem } from '../../access-log/targets/log-socket.js';
import { isSyslog, parseSyslog } from '../../access-log/targets/syslog-place.js';
import type { DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, warn } from './finding.js';

/** Whether lines of the access log are lost, and whether those for a socket of this machine can be sent. */
export const accessLogCheck: DoctorCheck = {
  name: 'access-log',
  look: async ({ config, state }) => {
    const { accessLog: target } = config;
    if (target === null) return [ok('no access log is kept')];
    const findings = [...lostLines(state), ...socketFindings(target)];
    return findings.length > 0
      ? findings
      : [ok(`the access log goes to ${target === '-' ? 'standard output' : target}`)];
  },
};

function lostLines(state: DoctorFacts['state']): readonly Finding[] {
  const { lines = 0, dropped = 0 } = state?.accessLog ?? {};
  if (dropped === 0) return [];
  return [warn(`${dropped} of ${lines} lines of the access log were lost`, 'see the log of the node, which says why')];
}

function socketFindings(target: string): readonly Finding[] {
  const place = isSyslog(target) ? parseSyslog(target) : null;
  if (place === null || !('socket' in place)) return [];
  const problem = socketProblem(place.socket);
  const todo =
    'start the receiver (rsyslog, journald); a container needs its socket as a volume: --volume /dev/log:/dev/log';
  return [
    ...(problem === null ? [] : [bad(`the access log cannot be sent: ${problem}`, todo)]),
    ...(hasLogger() ? [] : [bad('the access log cannot be sent: there is no program logger', 'install bsdutils')]),
  ];
}

function hasLogger(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, 'logger'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
