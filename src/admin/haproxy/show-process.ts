import { nodeFactsOf, versionOf } from './node-facts.js';
import type { Verb } from './stats-node.js';
import { jsonOf } from './typed-fields.js';

export const SHOW_PROCESS: Verb = {
  words: ['show', 'info'],
  usage: 'show info [json|typed]*',
  help: 'report information about the running process',
  async run(args, { node }) {
    const facts = nodeFactsOf(await node.proxies());
    if (args.includes('json')) return `${JSON.stringify(facts.map(jsonOf))}\n`;
    const isTyped = args.includes('typed');
    return facts
      .map(({ pos, name, tags, type, value }) =>
        isTyped ? `${pos}.${name}.1:${tags}:${type}:${value}\n` : `${name}: ${value}\n`,
      )
      .join('');
  },
};

export const SHOW_VERSION: Verb = {
  words: ['show', 'version'],
  usage: 'show version',
  help: 'show version of the current process',
  async run(_, { node }) {
    return `${versionOf(await node.proxies())}\n`;
  },
};
