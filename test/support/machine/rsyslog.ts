/** A real rsyslogd that has a socket of the test's own in place of /dev/log. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';
import { findProgram } from './components.js';

/** What it has read from one message. */
export interface SyslogRecord {
  readonly facility: string;
  readonly severity: string;
  readonly programname: string;
  readonly procid: string;
  readonly msg: string;
}

export interface Rsyslog {
  readonly socket: string;
  readonly records: () => readonly SyslogRecord[];
  /** As systemd ends it: the socket goes too. */
  readonly stop: () => Promise<void>;
}

const FIELDS = ['syslogfacility-text', 'syslogseverity-text', 'programname', 'procid', 'msg'];

/** Started again in the same folder it goes on with the same records. */
export async function startRsyslog(context: Ending, folder: string): Promise<Rsyslog> {
  const program = findProgram('rsyslogd');
  if (program === null) throw new Error('missing: rsyslogd; npm test installs it');
  const [socket, output, settings] = ['log', 'records', 'rsyslog.conf'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const template = FIELDS.map((field) => `%${field}%`).join('\\t');
  writeFileSync(
    settings,
    `global(workDirectory="${folder}")
module(load="imuxsock" SysSock.Name="${socket}")
template(name="records" type="string" string="${template}\\n")
action(type="omfile" file="${output}" template="records")\n`,
  );
  const child = spawnBound([program, '-n', '-f', settings, '-i', path.join(folder, 'pid')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const isOver = once(child, 'exit');
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await isOver;
  });
  await eventually('rsyslogd listens', () => existsSync(socket));
  return {
    socket,
    records: () => (existsSync(output) ? readFileSync(output, 'latin1').split('\n').slice(0, -1).map(recordOf) : []),
    stop: async () => {
      child.kill('SIGTERM');
      await isOver;
    },
  };
}

function recordOf(line: string): SyslogRecord {
  const [facility = '', severity = '', programname = '', procid = '', msg = ''] = line.split('\t');
  return { facility, severity, programname, procid, msg };
}
