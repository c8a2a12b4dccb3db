import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { AdminClient } from '../../admin/client.js';
import type { AppStatus } from '../../admin/state-document.js';
import { systemClock } from '../../core/clock.js';
import { type RolloutState, rolloutOf, type ServiceRollout } from '../../placement/rollout-status.js';
import { untilAnswered } from '../../placement/silence.js';
import { Swarm } from '../../placement/swarm.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from '../admin-option.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import { EXIT_CODES, type ExitCode } from '../exit-codes.js';
import { timeoutOption } from '../option-types.js';
import { silenceLine } from '../placement/verdict-text.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { printLines, widthOf } from '../terminal.js';
import { servicesOf } from './known-services.js';
import { hintsFor, progressLine, type RolloutReport, rolloutLines, type UnderWay, underWayAt } from './status-text.js';
import { knownApp, numbersFrom } from './versions.js';

interface RolloutStatusOptions extends RegistryOptionValues, DockerOptionValues, AdminOptionValues {
  readonly wait?: true;
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_MS = 600_000;
const LOOK_MS = 250;
const HELP = `
Exit code 0 when the services are as the definition says and all tasks run; 4 when a version was rolled back, 1 when it failed;
2 when there is something to do or under way, with --wait 3 at the end of the timeout.

Requests under way at tasks that are to end are known of the node at --admin.

Example:
  autoproxy rollout status checkout --wait --consul http://127.0.0.1:8500`;

export function createRolloutStatusCommand(context: CommandContext): Command {
  const { terminal, env, defaults, finish } = context;
  const command = new Command('status')
    .description('show how the rollout of an app stands: its tasks by version and node, what ends, what failed')
    .argument('<app>', 'the app')
    .option('--wait', 'wait until it is done or has failed')
    .addOption(timeoutOption('how long to wait', DEFAULT_TIMEOUT_MS))
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', HELP);
  return addDockerOption(addRegistryOptions(command)).action(async (app: string, options: RolloutStatusOptions) => {
    const known = await withRegistry(options, context, (registry) => knownApp(registry, app));
    const wanted = servicesOf(known);
    const numberOf = numbersFrom(known.history);
    const { signal } = new AbortController();
    const services = await withDocker(options, env, signal, (connection) => {
      const swarm = new Swarm(connection, signal);
      const look = async (): Promise<readonly ServiceRollout[]> =>
        rolloutOf(app, wanted, await swarm.observe(), numberOf);
      const until = systemClock.now() + options.timeout;
      const onSilence = (reason: string): void => terminal.warn(silenceLine(reason));
      const patient = (): Promise<readonly ServiceRollout[]> =>
        untilAnswered(look, { onSilence, now: () => systemClock.now(), until, signal });
      return options.wait ? untilSettled(patient, until, options, context) : look();
    });
    const underWay = services.some(hasEnding) ? await requestsUnderWay(options) : new Map<string, UnderWay>();
    const report: RolloutReport = { app, known, services, underWay, now: systemClock.wallTime() };
    if (options.json) terminal.print(JSON.stringify(documentOf(report), null, 2));
    else printLines(terminal, rolloutLines(report, widthOf(terminal)));
    const code = codeOf(services, options.wait === true);
    if (code !== EXIT_CODES.done) finish(code);
  });
}

/** @returns what there is at the end, or at the deadline */
async function untilSettled(
  look: () => Promise<readonly ServiceRollout[]>,
  until: number,
  { json }: RolloutStatusOptions,
  { terminal }: CommandContext,
): Promise<readonly ServiceRollout[]> {
  const said = new Map<string, string>();
  for (;;) {
    const services = await look();
    for (const service of services) {
      const line = progressLine(service);
      if (!json && said.get(service.service) !== line) printLines(terminal, [line]);
      said.set(service.service, line);
    }
    if (isSettled(services) || systemClock.now() >= until) return services;
    await delay(LOOK_MS);
  }
}

/** One that failed does not wait for the others. */
function isSettled(services: readonly ServiceRollout[]): boolean {
  const states = new Set(services.map(({ state }) => state));
  return states.has('failed') || states.has('rolled-back') || [...states].every((state) => state === 'done');
}

function codeOf(services: readonly ServiceRollout[], isWaiting: boolean): ExitCode {
  const has = (state: RolloutState): boolean => services.some((service) => service.state === state);
  if (has('failed')) return EXIT_CODES.failed;
  if (has('rolled-back')) return EXIT_CODES.rolledBack;
  if (services.every(({ state }) => state === 'done')) return EXIT_CODES.done;
  return isWaiting ? EXIT_CODES.deadline : EXIT_CODES.different;
}

function hasEnding({ versions }: ServiceRollout): boolean {
  return versions.some(({ ending }) => ending.length > 0);
}

/** @returns id of a container, or its first digits → what is under way there; empty where no node answers */
async function requestsUnderWay(options: AdminOptionValues): Promise<ReadonlyMap<string, UnderWay>> {
  const ask = async (client: AdminClient): Promise<ReadonlyMap<string, UnderWay>> => {
    const { apps } = await client.readState();
    return new Map(apps.flatMap((one) => [...drainingOf(one), ...departingOf(one)]));
  };
  return askNode(options, ask).catch(() => new Map());
}

function drainingOf({ instances }: AppStatus): readonly (readonly [string, UnderWay])[] {
  return instances.flatMap(({ container, inFlight: count, oldestMs = 0 }) =>
    container == null ? [] : [[container.id, { count, oldestMs }] as const],
  );
}

/** A container that got its stop signal has left the instances; its life begins with its id. */
function departingOf({ departing = [] }: AppStatus): readonly (readonly [string, UnderWay])[] {
  return departing.map(({ life, inFlight: count, oldestMs }) => [life.replace(/@.*$/, ''), { count, oldestMs }]);
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

export function documentOf({ app, known, services, underWay }: RolloutReport): object {
  const last = known.history.at(-1);
  return {
    app,
    version: last?.number ?? null,
    act: last?.act ?? null,
    author: last?.author ?? null,
    at: last === undefined ? null : isoTime(last.at),
    hints: hintsFor({ app, known, services }),
    services: services.map((service) => ({
      ...service,
      failures: service.failures.map((failure) => ({ ...failure, lastAt: isoTime(failure.lastAt) })),
      versions: service.versions.map((version) => ({
        ...version,
        ending: version.ending.map((task) => ({
          ...task,
          since: isoTime(task.since),
          underWay: underWayAt(underWay, task.containerId),
        })),
      })),
    })),
  };
}
