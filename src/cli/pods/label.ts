import { Command } from 'commander';
import { isRefusal } from '../../core/refusal.js';
import { DNS_LABEL } from '../../documents/pod-names.js';
import { escapeText } from '../../model/problem.js';
import { POD_LABEL } from '../../placement/service.js';
import { inSequence } from '../../placement/silence.js';
import { Swarm } from '../../placement/swarm.js';
import { nodeNamed, servicesBoundTo } from '../../placement/swarm-node.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';

interface LabelOptions extends DockerOptionValues {
  readonly remove?: true;
  readonly json?: true;
}

const HELP = `
Swarm ends what runs on a node that leaves its pod before it starts it elsewhere. So a node with instances of its pod is
refused: on the node run "autoproxy node drain", then label it, then "autoproxy node ready".

Example:
  autoproxy pods label node-3 alpha`;

export function createPodsLabelCommand({ terminal, env }: CommandContext): Command {
  const command = new Command('label')
    .description('put a node of the Swarm into a pod, or take it out')
    .argument('<node>', 'its host name, its id, or the beginning of that')
    .argument('[pod]')
    .option('--remove', 'take it out of its pod')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', HELP);
  return addDockerOption(command).action(async (word: string, pod: string | undefined, options: LabelOptions) => {
    const wanted = readPod(pod, options);
    const { signal } = new AbortController();
    const { node, before } = await withDocker(options, env, signal, (connection) => {
      const swarm = new Swarm(connection, signal);
      return inSequence(() => labelled(word, wanted, swarm));
    });
    if (options.json) return terminal.print(JSON.stringify({ node, pod: wanted, before }, null, 2));
    const change = before === wanted ? ' already' : ` (before: ${podWords(before)})`;
    terminal.print(`${escapeText(node)}: ${podWords(wanted)}${change}`);
  });
}

interface Labelled {
  /** Its name in the Swarm. */
  readonly node: string;
  /** The pod that it was in; null: none. */
  readonly before: string | null;
}

/** @throws CommandFailure, DockerFailure */
async function labelled(word: string, wanted: string | null, swarm: Swarm): Promise<Labelled> {
  const view = await swarm.view();
  const node = nodeNamed(view.nodes, word);
  if (isRefusal(node)) throw new CommandFailure(escapeText(node.message), escapeText(node.hint));
  const name = escapeText(node.name);
  const before = node.labels.get(POD_LABEL) ?? null;
  if (before === wanted) return { node: node.name, before };
  const bound = servicesBoundTo(node.id, view);
  if (bound.length > 0)
    throw new CommandFailure(
      `${name} is ${podWords(before)} and runs ${escapeText(bound.join(', '))}; Swarm would end them at once`,
      `on ${name}: autoproxy node drain; then autoproxy pods label ${name} ${wanted ?? '--remove'}; then autoproxy node ready`,
    );
  const labels = new Map([...node.labels].filter(([key]) => key !== POD_LABEL));
  if (wanted !== null) labels.set(POD_LABEL, wanted);
  await swarm.changeNode(node, { labels });
  return { node: node.name, before };
}

/** @returns null: in none */
function readPod(pod: string | undefined, { remove = false }: { readonly remove?: boolean }): string | null {
  if (remove === (pod !== undefined))
    throw new CommandFailure('name a pod, or say --remove', 'autoproxy pods label NODE POD', EXIT_CODES.usage);
  if (pod === undefined) return null;
  if (DNS_LABEL.test(pod)) return pod;
  throw new CommandFailure(
    `"${escapeText(pod)}" is not a name of a pod`,
    'write a letter, then a-z, 0-9 and -, at most 63 in all',
    EXIT_CODES.usage,
  );
}

function podWords(pod: string | null): string {
  return pod === null ? 'in no pod' : `in the pod ${escapeText(pod)}`;
}
