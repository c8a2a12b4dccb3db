import { Command, InvalidArgumentError } from 'commander';
import { parseAppDefinitions, type ReadDefinition } from '../../documents/app-definition-document.js';
import { textFromDefinition } from '../../documents/app-definition-text.js';
import type { App } from '../../model/app.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { formatProblem } from '../../model/problem.js';
import { definitionFromApp } from '../../registry/imported-app.js';
import { putApps } from '../../registry/put-app.js';
import { type CheckedServices, checkNamedServices } from '../check.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { missingOption } from '../option-types.js';
import {
  addRegistryOptions,
  addSlotOptions,
  putRulesFrom,
  type RegistryOptionValues,
  type SlotOptionValues,
  withRegistry,
} from '../registry-options.js';
import { showOutcomes } from './outcome-text.js';

interface AppImportOptions extends RegistryOptionValues, SlotOptionValues {
  readonly pod: readonly string[];
  readonly rename: ReadonlyMap<string, string>;
  readonly dryRun?: true;
  readonly json?: true;
}

/** As commander gives them. */
interface WrittenOptions extends Omit<AppImportOptions, 'pod' | 'rename'> {
  readonly pod?: readonly string[];
  readonly rename?: ReadonlyMap<string, string>;
}

export function createAppImportCommand(context: CommandContext): Command {
  const command = new Command('import')
    .description('write the apps of a services directory, with the slots that they have')
    .argument('<dir>', 'a directory or a file of the old system; - is standard input')
    .option('--pod <NAME>', 'a pod that the apps run in; required, repeatable', collect)
    .option('--rename <OLD=NEW>', 'a new name for an app whose old name is not a DNS label; repeatable', collectRename)
    .option('--dry-run', 'only show what would change; exit code 2 if something would')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      '\nInstances are not imported: nodes learn theirs from Consul. For an app that exists, pods are added; its\n' +
        'image, edge and env stay. An app with a new name takes its instances from the service of that name in\n' +
        'Consul: register them there before the old files go.\n\n' +
        'Example:\n  autoproxy app import /etc/autoproxy.d/services --pod alpha --registry ./apps --dry-run',
    );
  return addSlotOptions(addRegistryOptions(command)).action(
    async (target: string, written: WrittenOptions, self: Command) => {
      const pod = written.pod ?? missingOption(self, '--pod <NAME>');
      const options = { ...written, pod, rename: written.rename ?? new Map<string, string>() };
      const services = await checkNamedServices(target, context);
      refuseUnknownNames(services.apps, options.rename, target);
      await withRegistry(options, context, async (registry) => {
        const known = (await registry.list()).apps.map(({ definition }) => definition);
        const definitions = definitionsOf(services, known, options, context);
        const put = putRulesFrom(options, context, { keepsSlot: true });
        const outcomes = await putApps(registry, definitions, put, options.dryRun === true);
        showOutcomes(outcomes, options, context);
        showRenamed(options, context);
      });
    },
  );
}

/** @throws CommandFailure when one has an error; each has been said then */
function definitionsOf(
  { apps, problems }: CheckedServices,
  known: readonly AppDefinition[],
  { pod, rename }: AppImportOptions,
  { terminal }: CommandContext,
): ReadDefinition[] {
  const read: ReadDefinition[] = [];
  const all = [...problems];
  for (const app of apps) {
    const { location } = app.origin;
    const name = rename.get(app.name) ?? app.name;
    const earlier = known.find((one) => one.name === name) ?? null;
    const text = textFromDefinition(definitionFromApp(app, name, pod, earlier));
    const document = parseAppDefinitions(text, `${location} (${app.name})`, 'import');
    all.push(...document.problems);
    read.push(...document.apps);
  }
  for (const problem of all) terminal.warn(formatProblem(problem));
  if (all.some(({ severity }) => severity === 'error'))
    throw new CommandFailure(
      'nothing was imported',
      'fix the problems above; --rename OLD=NEW gives an app another name',
    );
  return read;
}

/** @throws CommandFailure when an app that is to be renamed is not there: a typing mistake would keep the old name */
function refuseUnknownNames(apps: readonly App[], rename: ReadonlyMap<string, string>, target: string): void {
  for (const [from, to] of rename) {
    if (apps.some(({ name }) => name === from)) continue;
    const names = apps.map(({ name }) => name).join(', ');
    throw new CommandFailure(
      `--rename ${from}=${to}: ${target} has no app ${from}; nothing was imported`,
      `apps there: ${names === '' ? 'none' : names}`,
    );
  }
}

/** What the new name demands elsewhere. With --json it stands on standard error: the document has the other one. */
function showRenamed({ rename, json }: AppImportOptions, { terminal }: CommandContext): void {
  for (const [from, to] of rename) {
    const text =
      `${to}: was ${from}; nodes take its instances from the service ${to} in Consul\n` +
      `  → register the instances of ${from} as ${to} too, before the file of ${from} goes`;
    if (json) terminal.warn(text);
    else terminal.print(text);
  }
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

function collectRename(text: string, earlier: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new InvalidArgumentError('write OLD=NEW.');
  return new Map([...earlier, [from, to]]);
}
