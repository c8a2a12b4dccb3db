import { Command } from 'commander';
import { escapeText, formatProblem } from '../../model/problem.js';
import { type Pod, type PodNode, type Pods, podsOf } from '../../placement/pods.js';
import { Swarm } from '../../placement/swarm.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import type { PlacementOptionValues } from '../placement/apply-options.js';
import { addRegistryOptions, withRegistry } from '../registry-options.js';
import { formatTable } from '../table.js';
import { printLines } from '../terminal.js';
import { createPodsLabelCommand } from './label.js';

interface PodsOptions extends Omit<PlacementOptionValues, 'imageCheck' | 'registryAuth'> {
  readonly json?: true;
}

const POD_COLUMNS = [
  { title: 'POD' },
  { title: 'NODES', align: 'right' },
  { title: 'SLOTS', align: 'right' },
  { title: 'WANTED', align: 'right' },
  { title: 'RUNNING', align: 'right' },
] as const;

const NODE_COLUMNS = [
  { title: 'NODE' },
  { title: 'POD' },
  { title: 'STATE' },
  { title: 'AVAILABILITY' },
  { title: 'INSTANCES', align: 'right' },
  { title: 'LABELS' },
] as const;

export function createPodsCommand(context: CommandContext): Command {
  const { terminal, env } = context;
  const command = new Command('pods')
    .description('list the pods of the Swarm: nodes, slots, instances wanted and running')
    .enablePositionalOptions()
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy pods --consul http://127.0.0.1:8500');
  addDockerOption(addRegistryOptions(command)).action(async (options: PodsOptions) => {
    const { apps, problems } = await withRegistry(options, context, (registry) => registry.list());
    const { signal } = new AbortController();
    const view = await withDocker(options, env, signal, (connection) => new Swarm(connection, signal).view());
    const pods = podsOf(
      apps.map(({ definition }) => definition),
      view,
    );
    for (const problem of problems) terminal.warn(formatProblem(problem));
    if (options.json) return terminal.print(JSON.stringify(pods, null, 2));
    const bold = (title: string): string => terminal.paint('bold', title);
    const podLines = formatTable(POD_COLUMNS, pods.pods.map(podCells), bold);
    printLines(terminal, [...podLines, '', ...formatTable(NODE_COLUMNS, nodeRows(pods), bold)]);
    for (const { pod, nodes, wanted } of pods.pods)
      if (nodes.length === 0 && wanted > 0)
        terminal.warn(`autoproxy: the pod ${pod} has no node; autoproxy pods label NODE ${pod}`);
  });
  return command.addCommand(createPodsLabelCommand(context));
}

function podCells({ pod, nodes, slots, wanted, running }: Pod): readonly string[] {
  return [pod, ...[nodes.length, slots, wanted, running].map(String)];
}

function nodeRows({ pods, nodesWithoutPod }: Pods): readonly (readonly string[])[] {
  return [
    ...pods.flatMap(({ pod, nodes }) => nodes.map((node) => nodeCells(pod, node))),
    ...nodesWithoutPod.map((node) => nodeCells('-', node)),
  ];
}

function nodeCells(pod: string, { name, state, availability, instances, labels }: PodNode): readonly string[] {
  const words = Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return [name, pod, state, availability, String(instances), words.join(' ')].map(escapeText);
}
