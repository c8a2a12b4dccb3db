import { NEIGHBOR } from './decision-answers.js';
import { findServer } from './named-server.js';
import type { Verb } from './stats-node.js';

export const SHUTDOWN_SESSIONS: Verb = {
  words: ['shutdown', 'sessions', 'server'],
  usage: 'shutdown sessions server <bk>/<srv>',
  help: 'kill sessions on a server',
  async run([name], { node, by }) {
    const found = findServer(await node.proxies(), name);
    if (typeof found === 'string') return found;
    const { backend, server } = found;
    if (backend.isBackup) return NEIGHBOR;
    node.cutInstance(backend.view.app.name, server.address, by);
    return '';
  },
};
