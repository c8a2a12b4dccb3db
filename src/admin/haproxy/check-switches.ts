import { findServer } from './named-server.js';
import type { Verb } from './stats-node.js';

/**
 * Ansible's module sends these around `enable server` and `disable server`. Checks of a node end with maintenance and begin
 * with its end, so this switch changes nothing; a node has no agent checks.
 */
function verbOf(word: 'enable' | 'disable', what: 'health' | 'agent', help: string, refusal: string): Verb {
  return {
    words: [word, what],
    usage: `${word} ${what}`,
    help,
    async run([name], { node }) {
      const found = findServer(await node.proxies(), name);
      return typeof found === 'string' ? found : refusal;
    },
  };
}

const CHECKS_GO_ON = 'Checks cannot be switched off alone: put the server in maintenance.\n';
const NO_AGENT = 'Agent was not configured on this server, cannot enable.\n';

export const CHECK_SWITCHES: readonly Verb[] = [
  verbOf('disable', 'agent', 'disable agent checks', ''),
  verbOf('disable', 'health', 'disable health checks', CHECKS_GO_ON),
  verbOf('enable', 'agent', 'enable agent checks', NO_AGENT),
  verbOf('enable', 'health', 'enable health checks', ''),
];
