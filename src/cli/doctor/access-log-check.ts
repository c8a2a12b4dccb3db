import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { fileProblem } from '../../access-log/targets/log-file.js';
import { socketProblem } from '../../access-log/targets/log-socket.js';
import { isSyslog, parseSyslog } from '../../access-log/targets/syslog-place.js';
import type { DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, warn } from './finding.js';

/** Whether lines of the access log are lost, and whether they can be written or sent. */
export const accessLogCheck: DoctorCheck = {
  name: 'access-log',
  look: async ({ config, state }) => {
    const { accessLog: target } = config;
    if (target === null) return [ok('no access log is kept')];
    const findings = [...lostLines(state), ...(isSyslog(target) ? socketFindings(target) : fileFindings(target))];
    return findings.length > 0
      ? findings
      : [ok(`the access log goes to ${target === '-' ? 'standard output' : target}`)];
  },
};

function lostLines(state: DoctorFacts['state']): readonly Finding[] {
  const { lines = 0, dropped = 0, waiting = 0, failure = null } = state?.accessLog ?? {};
  const lost = `${dropped} of ${lines} lines of the access log were lost`;
  return [
    ...(failure === null ? [] : [warn(`the node cannot write its access log: ${failure}`, waitingTodo(waiting))]),
    ...(dropped === 0 ? [] : [warn(lost, 'see the log of the node, which says why')]),
  ];
}

function waitingTodo(waiting: number): string {
  const fate = waiting === 0 ? 'lines are lost' : `${waiting} lines wait; beyond 4 MB in each worker they are lost`;
  return `make room, or have the receiver back; until then ${fate}`;
}

/** Looked at as the user of this command, who may be another one than that of the node. */
function fileFindings(target: string): readonly Finding[] {
  const problem = target === '-' ? null : fileProblem(target);
  const todo =
    'the folder has to be there and to belong to the user of the node; LogsDirectory=autoproxy of a unit makes one';
  return problem === null ? [] : [bad(`the access log cannot be written: ${problem}`, todo)];
}

function socketFindings(target: string): readonly Finding[] {
  const place = parseSyslog(target);
  if (!('socket' in place)) return [];
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
