import path from 'node:path';
import { Command, Option } from 'commander';
import { factsOf, findMasters, sendSignal } from '../../../edge/haproxy/processes.js';
import type { RunningPlace } from '../../../edge/release/running-place.js';
import { EdgeClaim, EdgeFolderHeld } from '../../../edge/run/edge-claim.js';
import { EdgeLoop } from '../../../edge/run/edge-loop.js';
import { NodeMemory } from '../../../edge/run/node-memory.js';
import { Supervisor } from '../../../edge/run/supervisor.js';
import { WorkerWatch } from '../../../edge/run/worker-watch.js';
import { Signals } from '../../control/signals.js';
import { systemClock } from '../../core/clock.js';
import { FileGuardHeld } from '../../core/file-guard.js';
import { createLog, type Log } from '../../core/log.js';
import { LOG_LEVELS, type LogLevel } from '../../core/log-levels.js';
import { reasonOf } from '../../core/thrown.js';
import { unlessAborted } from '../../core/unless-aborted.js';
import { takeNotifySocket } from '../../systemd/notify-socket.js';
import { ServiceNotices } from '../../systemd/service-notices.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { type LogFormatOptionValues, logFormatFrom, logFormatOption } from '../log-format-option.js';
import { durationArgument } from '../option-types.js';
import { edgeCondition } from './edge-condition.js';
import { installationFrom } from './installation.js';
import { addInstallationOptions, type InstallationOptionValues } from './installation-options.js';
import { addEdgeOptions, descriptorShortage, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';
import { startingPlace } from './starting-place.js';

interface EdgeRunOptions extends EdgeOptionValues, InstallationOptionValues, LogFormatOptionValues {
  readonly lameDuck: number;
  readonly drainTimeout: number;
  readonly logLevel: LogLevel;
}

/** Changes that come within it are one; a new route is to be served within a second. */
const QUIET_MS = 200;
const RELOAD_PAUSE_MS = 1_000;

export function createEdgeRunCommand(context: CommandContext): Command {
  const command = new Command('run')
    .description('run HAProxy by registry and site: watch them, apply changes, keep it running')
    .addOption(
      new Option('--lame-duck <TIME>', 'how long a stopping edge still accepts clients while its probe fails')
        .argParser(durationArgument)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--drain-timeout <TIME>', 'how long it then waits for requests under way')
        .argParser(durationArgument)
        .default(30_000, '30s'),
    )
    .option('--log-level <LEVEL>', LOG_LEVELS.join(', '), 'info')
    .addOption(logFormatOption())
    .addHelpText(
      'after',
      [
        '',
        'HAProxy is started in master-worker mode, or taken over when it runs already: with --master-socket one that systemd',
        'or Docker started. Killed, this program leaves it running, and the next one takes over.',
        '',
        'Signals: TERM, USR1 and the first INT drain HAProxy and end it; QUIT and the second INT end it now; HUP reads site and',
        'registry again.',
        '',
        'Example:',
        '  autoproxy edge run --consul http://127.0.0.1:8500 --site /etc/autoproxy/edge.yml',
      ].join('\n'),
    );
  return addInstallationOptions(addEdgeOptions(command)).action((options: EdgeRunOptions) => run(options, context));
}

async function run(options: EdgeRunOptions, context: CommandContext): Promise<void> {
  const log = createLog({ level: options.logLevel, format: logFormatFrom(options, context.env), name: 'edge' });
  const signals = new Signals();
  const { place, moved } = await startingPlace(options);
  if (moved !== null) {
    const hint = 'to move it to the run_dir of the site, stop edge run (TERM) and start it again';
    log.warn({ ...moved, hint }, 'HAProxy runs at the run_dir that the site had before; it is taken over there');
  }
  // The sockets of a HAProxy that is started here stay where they are as long as it runs.
  const keptPlace = options.masterSocket === undefined ? place : null;
  const installation = await installationFrom(options, place, context);
  const common = { clock: systemClock, random: Math.random, log };
  const claims = await claim(options, place);
  const supervisor = options.masterSocket === undefined ? new Supervisor({ ...installation, ...common }) : null;
  const isSupervised = supervisor !== null;
  const processes = { factsOf, findMasters, sendSignal };
  const workerWatch = new WorkerWatch({ ...installation, ...common, processes, isSupervised });
  const { EdgeWatch } = await import('./watch.js');
  const edgeWatch = new EdgeWatch(options, context, log);
  const nodes = new NodeMemory(systemClock);
  let said = '';
  let isInForce = false;
  const loop = new EdgeLoop({
    ...common,
    applier: installation.applier,
    directory: installation.directory,
    quietMs: QUIET_MS,
    reloadPauseMs: RELOAD_PAUSE_MS,
    supply: async (current) => {
      const rendered = await renderFrom(options, context, current, nodes, keptPlace);
      edgeWatch.follow(rendered.site);
      const shortage = supervisor === null ? null : await descriptorShortage(rendered.capacity);
      said = sayProblems(log, [...problemLines(rendered.problems), ...(shortage === null ? [] : [shortage])], said);
      return rendered.release;
    },
    onOutcome: ({ kind }) => {
      isInForce ||= kind === 'applied' || kind === 'unchanged';
      supervisor?.look();
    },
  });
  const onChange = (): void => loop.onChange();
  supervisor?.start(onChange);
  workerWatch.start();
  edgeWatch.start(onChange);
  onChange();
  const condition = () => edgeCondition(supervisor?.isRunning ?? isInForce, workerWatch.problem, loop.failure);
  const notices = ServiceNotices.start(takeNotifySocket(context.env), { ...common, condition });
  signals.on('reload', () => {
    log.info('reading site and registry again; options are read at a start alone, so a changed one needs a restart');
    loop.onChange();
  });
  await signals.stopRequested();
  log.info('stopping');
  notices?.stopping(options.lameDuck + options.drainTimeout);
  const now = new AbortController();
  void signals.stopNowRequested().then(() => now.abort());
  await unlessAborted(Promise.all([workerWatch.stop(), edgeWatch.stop(), loop.stop()]), now.signal);
  await supervisor?.stop({ lameDuckMs: options.lameDuck, deadlineMs: options.drainTimeout, now: now.signal });
  for (const held of claims) await held.release();
  log.info('stopped');
  signals.release();
}

/** @throws CommandFailure when another one has the releases, or starts its HAProxy at the same sockets */
async function claim(
  { stateDir, site, masterSocket }: EdgeRunOptions,
  { runDir }: RunningPlace,
): Promise<readonly EdgeClaim[]> {
  const holder = `${process.pid} (--site ${path.resolve(site)}, --state-dir ${path.resolve(stateDir)})`;
  const stop = 'stop that one, or give this one';
  const claims: EdgeClaim[] = [];
  try {
    claims.push(await EdgeClaim.take(path.resolve(stateDir), holder, `${stop} a folder of its own: --state-dir DIR`));
    if (masterSocket === undefined)
      claims.push(await EdgeClaim.take(runDir, holder, `${stop} sockets of its own: process.run_dir in the site`));
    return claims;
  } catch (error) {
    for (const held of claims) await held.release();
    if (error instanceof EdgeFolderHeld || error instanceof FileGuardHeld)
      throw new CommandFailure(error.message, error.hint);
    throw new CommandFailure(reasonOf(error), 'edge run keeps what it knows there');
  }
}

/** Each time that they are others. @returns what was said */
function sayProblems(log: Log, lines: readonly string[], before: string): string {
  const text = lines.join('\n');
  if (text !== before) for (const line of lines) log.warn(line);
  return text;
}
