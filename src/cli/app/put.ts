import { Command } from 'commander';
import { isRefusal } from '../../core/refusal.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { readWholeInput, UnreadableFile } from '../../core/whole-file.js';
import { parseAppDefinitions, type ReadDefinition } from '../../documents/app-definition-document.js';
import { MAX_DOCUMENT_BYTES } from '../../documents/service-document.js';
import { formatProblem, type Problem } from '../../model/problem.js';
import { wantedServices } from '../../placement/wanted-services.js';
import { putApps } from '../../registry/put-app.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { type ApplyOptionValues, addApplyOptions } from '../placement/apply-options.js';
import {
  addRegistryOptions,
  addSlotOptions,
  putRulesFrom,
  type SlotOptionValues,
  withRegistry,
} from '../registry-options.js';
import { readStandardInput, STDIN_NAME, STDIN_WORD } from '../standard-input.js';
import { showOutcomes } from './outcome-text.js';

interface AppPutOptions extends ApplyOptionValues, SlotOptionValues {
  readonly apply?: true;
  readonly dryRun?: true;
  readonly moveSlot?: true;
  readonly json?: true;
}

export function createAppPutCommand(context: CommandContext): Command {
  const command = new Command('put')
    .description('write apps: check them, give a slot to those without one, write them by check-and-set')
    .argument('<file...>', 'files of definitions; - is standard input')
    .option('--dry-run', 'only show what would change; exit code 2 if something would')
    .option(
      '--move-slot',
      'allow an app to change its slot, to a new one if none is written; the old one goes into quarantine',
    )
    .option('--apply', 'then place them: services first, and clients when their instances answer')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy app put checkout.yml --registry ./apps');
  const described = addApplyOptions(addSlotOptions(addRegistryOptions(command)));
  return described.action(async (files: string[], options: AppPutOptions) => {
    const definitions = await readDefinitions(files, context);
    const put = putRulesFrom(options, context, { canMoveSlot: options.moveSlot === true });
    if (options.apply) {
      const { putAndApply } = await import('../placement/put-and-apply.js');
      return putAndApply(definitions, put, options, context);
    }
    for (const { definition } of definitions) {
      const placed = definition.image === null ? null : wantedServices(definition);
      if (placed !== null && isRefusal(placed))
        context.terminal.warn(`autoproxy: warning: apply will refuse ${placed.message}\n  → ${placed.hint}`);
    }
    await withRegistry(options, context, async (registry) => {
      const outcomes = await putApps(registry, definitions, put, options.dryRun === true);
      showOutcomes(outcomes, options, context);
    });
  });
}

/** @throws CommandFailure when one of them has an error; each has been said then */
async function readDefinitions(files: readonly string[], context: CommandContext): Promise<ReadDefinition[]> {
  if (files.filter((file) => file === STDIN_WORD).length > 1)
    throw new CommandFailure(`${STDIN_NAME}: it can be read only once`, 'write - once', EXIT_CODES.usage);
  const read: ReadDefinition[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const [name, text] =
      file === STDIN_WORD ? [STDIN_NAME, await readStandardInput(context)] : [file, await readText(file)];
    const document = parseAppDefinitions(text, name, 'registry');
    problems.push(...document.problems);
    read.push(...document.apps);
  }
  for (const problem of problems) context.terminal.warn(formatProblem(problem));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) throw new CommandFailure('nothing was written', 'fix the problems above, and try again');
  const names = read.map(({ definition }) => definition.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new CommandFailure(`two files define ${twice}`, 'pass only one of them');
  if (read.length === 0) throw new CommandFailure('the input contains no app', null, EXIT_CODES.failed);
  return read;
}

async function readText(file: string): Promise<string> {
  try {
    return await readWholeInput(file, MAX_DOCUMENT_BYTES);
  } catch (error) {
    const code = codeOf(error);
    const message = reasonOf(error);
    if (error instanceof UnreadableFile) throw new CommandFailure(`${file}: ${message}`, 'split it into several files');
    throw new CommandFailure(code === 'ENOENT' ? `${file}: this file does not exist` : `${file}: ${message}`);
  }
}
