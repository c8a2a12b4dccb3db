import { NEIGHBOR, outcomeText } from './decision-answers.js';
import { findServer, type NamedServer } from './named-server.js';
import type { Verb, VerbContext } from './stats-node.js';

const MAX_WEIGHT = 256;

export const GET_WEIGHT: Verb = {
  words: ['get', 'weight'],
  usage: 'get weight <bk>/<srv>',
  help: "report a server's current weight",
  async run([name], { node }) {
    const found = findServer(await node.proxies(), name);
    if (typeof found === 'string') return found;
    const { weight, sourceWeight } = found.server;
    return `${weight} (initial ${sourceWeight})\n`;
  },
};

export const SET_WEIGHT: Verb = {
  words: ['set', 'weight'],
  usage: 'set weight <bk>/<srv>  (DEPRECATED)',
  help: "change a server's weight (use 'set server' instead)",
  async run([name, text], context) {
    const found = findServer(await context.node.proxies(), name);
    return typeof found === 'string' ? found : changeWeight(found, text, context);
  },
};

export async function changeWeight(
  { backend, server }: NamedServer,
  text: string | undefined,
  { node, by }: VerbContext,
): Promise<string> {
  const weight = weightFrom(text, server.sourceWeight);
  if (typeof weight === 'string') return weight;
  if (backend.isBackup) return NEIGHBOR;
  // The initial one again: nothing is decided then, so a later change of the source counts.
  const decided = weight === server.sourceWeight ? null : weight;
  return outcomeText(await node.setWeight(backend.view.app.name, server.address, decided, by));
}

/** @returns HAProxy's words for what is not a weight. @param initial what a share is of */
function weightFrom(text: string | undefined, initial: number): number | string {
  if (text === undefined) return 'Require <weight> or <weight%>.\n';
  const [, digits, rest] = /^(-?\d+)(.*)$/.exec(text) ?? [];
  if (digits === undefined) return 'Empty weight string empty or preceded by garbage\n';
  const number = Number(digits);
  if (rest === '%') {
    if (number < 0) return 'Relative weight must be positive.\n';
    return Math.min(MAX_WEIGHT, Math.floor((initial * number) / 100));
  }
  if (rest !== '') return 'Trailing garbage in weight string\n';
  if (number < 0 || number > MAX_WEIGHT) return `Absolute weight can only be between 0 and ${MAX_WEIGHT} inclusive.\n`;
  return number;
}
