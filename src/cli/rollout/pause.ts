import { Command } from 'commander';
import { systemClock } from '../../core/clock.js';
import { isManaged, ownerOf } from '../../placement/plan.js';
import { rolloutOf, type ServiceRollout } from '../../placement/rollout-status.js';
import { untilAnswered, untilChanged } from '../../placement/silence.js';
import { Swarm } from '../../placement/swarm.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure } from '../exit-codes.js';
import { timeoutOption } from '../option-types.js';
import { silenceLine } from '../placement/verdict-text.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { printLines } from '../terminal.js';
import { servicesOf } from './known-services.js';
import { hintLine, hintsFor, progressLine } from './status-text.js';
import { knownApp, numbersFrom } from './versions.js';

interface RolloutPauseOptions extends RegistryOptionValues, DockerOptionValues {
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_MS = 60_000;

const HELP = `
The task that is being replaced comes to its end, at most one more follows, and the rest keeps its version. A task that dies
meanwhile starts again in the new version. Docker cannot roll back by itself from here: "rollout undo" goes back, "apply" goes
on, and when the rest then fails, it stops there.

Example:
  autoproxy rollout pause checkout --consul http://127.0.0.1:8500`;

export function createRolloutPauseCommand(context: CommandContext): Command {
  const { terminal, env } = context;
  const command = new Command('pause')
    .description('hold an update that is under way: what was replaced stays, the rest waits')
    .argument('<app>', 'the app')
    .addOption(timeoutOption('how long a manager that restarts is asked again', DEFAULT_TIMEOUT_MS))
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', HELP);
  return addDockerOption(addRegistryOptions(command)).action(async (app: string, options: RolloutPauseOptions) => {
    const known = await withRegistry(options, context, (registry) => knownApp(registry, app));
    const { signal } = new AbortController();
    const services = await withDocker(options, env, signal, async (connection) => {
      const swarm = new Swarm(connection, signal);
      const now = (): number => systemClock.now();
      const onSilence = (reason: string): void => terminal.warn(silenceLine(reason));
      const patience = { onSilence, now, until: now() + options.timeout, signal };
      const { services: there } = await swarm.observe();
      const own = there.filter((one) => isManaged(one) && ownerOf(one) === app);
      const held = new Set<string>();
      for (const { name } of own) if (await untilChanged(() => swarm.pause(name), patience)) held.add(name);
      const seen = await untilAnswered(() => swarm.observe(), patience);
      const all = rolloutOf(app, servicesOf(known), seen, numbersFrom(known.history));
      return all.filter(({ service }) => held.has(service));
    });
    if (services.length === 0) {
      const hint = `autoproxy rollout status ${app} shows how it stands`;
      throw new CommandFailure(`${app}: no update is under way`, hint);
    }
    const hints = hintsFor({ app, known, services });
    if (options.json) return terminal.print(JSON.stringify({ app, hints, services: services.map(shortly) }, null, 2));
    printLines(terminal, [...services.map(progressLine), ...hints.map(hintLine)]);
  });
}

/** With the words of `rollout status --json`, which tells the rest. */
function shortly({ service, pod, state, wanted, running }: ServiceRollout): object {
  return { service, pod, state, wanted, running };
}
