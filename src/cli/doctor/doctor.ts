import { Command } from 'commander';
import { reasonOf } from '../../core/thrown.js';
import { type AdminOptionValues, adminOption, adminTokenOption } from '../admin-option.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from '../reading.js';
import { widthOf } from '../terminal.js';
import { accessLogCheck } from './access-log-check.js';
import { adminAccessCheck } from './admin-access-check.js';
import { clocksCheck } from './clocks-check.js';
import { consulRightsCheck } from './consul-rights-check.js';
import { descriptorsCheck } from './descriptors-check.js';
import { type DoctorRow, formatDoctor, worstOf } from './doctor-text.js';
import { type DoctorFacts, gatherFacts } from './facts.js';
import { type DoctorCheck, unknown } from './finding.js';
import { instancesCheck } from './instances-check.js';
import { neighborsCheck } from './neighbors-check.js';
import { nodeCheck } from './node-check.js';
import { portsCheck } from './ports-check.js';
import { proxyHeaderCheck } from './proxy-header-check.js';
import { stateDirCheck } from './state-dir-check.js';

interface DoctorOptions extends AdminOptionValues, ReadingOptionValues {
  readonly strict?: true;
}

const CHECKS: readonly DoctorCheck[] = [
  nodeCheck,
  adminAccessCheck,
  portsCheck,
  descriptorsCheck,
  proxyHeaderCheck,
  stateDirCheck,
  accessLogCheck,
  consulRightsCheck,
  clocksCheck,
  neighborsCheck,
  instancesCheck,
];

export function createDoctorCommand({ terminal, env, defaults, finish }: CommandContext): Command {
  return new Command('doctor')
    .description('look for what usually goes wrong, at a running node or before its start, and say what to do')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--strict', 'warnings fail too (exit code 2)')
    .addOption(watchOption('it looks anew each time'))
    .option('--json', 'the findings as JSON, for programs; with --watch a line for each look')
    .addHelpText(
      'after',
      '\nWithout a node it looks at the options of one: AUTOPROXY_… variables and the file of options. It changes nothing.\n' +
        'Exit code 1 when something is bad.\n\nExample:\n  autoproxy doctor\n  autoproxy doctor --json | jq .findings',
    )
    .action(async (options: DoctorOptions) => {
      const { verdict } = await showReading(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: () => findingsOf(options, env),
        lines: ({ findings }) => formatDoctor(findings, { paint: terminal.paint, width: widthOf(terminal) }),
        json: (document) => document,
      });
      if (verdict === 'bad') finish(EXIT_CODES.failed);
      else if (verdict === 'warn' && options.strict) finish(EXIT_CODES.different);
    });
}

async function findingsOf(options: DoctorOptions, env: NodeJS.ProcessEnv) {
  const facts = await gatherFacts(options, env);
  const findings = (await Promise.all(CHECKS.map((check) => rowsOf(check, facts)))).flat();
  return { version: 1, node: facts.state?.node ?? null, verdict: worstOf(findings), findings };
}

/** A check that fails costs its own finding. */
async function rowsOf({ name, look }: DoctorCheck, facts: DoctorFacts): Promise<readonly DoctorRow[]> {
  const findings = await look(facts).catch((error: unknown) => [unknown(`the check failed: ${reasonOf(error)}`)]);
  return findings.map((finding) => ({ check: name, ...finding }));
}
