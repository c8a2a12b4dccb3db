import type { AdminState } from '../../model/app.js';
import { NEIGHBOR, outcomeText } from './decision-answers.js';
import { findServer, type NamedServer } from './named-server.js';
import type { Verb, VerbContext } from './stats-node.js';
import { changeWeight } from './weights.js';

/**
 * HAProxy does not know the state `disable`, and `drainbackend.sh` has always sent it: HAProxy refused it, so what it drained never
 * was in maintenance.
 */
const STATES: ReadonlyMap<string, AdminState> = new Map([
  ['ready', 'ready'],
  ['drain', 'drain'],
  ['maint', 'maint'],
  ['disable', 'maint'],
]);

export const SET_SERVER: Verb = {
  words: ['set', 'server'],
  usage: 'set server <bk>/<srv> [opts]',
  help: "change a server's state or weight",
  async run([name, what, value], context) {
    const found = findServer(await context.node.proxies(), name);
    if (typeof found === 'string') return found;
    if (what === 'weight') return changeWeight(found, value, context);
    if (what !== 'state') return 'usage: set server <backend>/<server> state | weight\n';
    const state = STATES.get(value ?? '');
    if (state === undefined) return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
    return changeState(found, state, context);
  },
};

export const ENABLE_SERVER: Verb = {
  words: ['enable', 'server'],
  usage: 'enable server  (DEPRECATED)',
  help: "enable a disabled server (use 'set server' instead)",
  run: async ([name], context) => {
    const found = findServer(await context.node.proxies(), name);
    if (typeof found === 'string') return found;
    // It ends maintenance alone: what is drained stays drained.
    return found.server.state === 'maint' ? changeState(found, 'ready', context) : '';
  },
};

export const DISABLE_SERVER: Verb = {
  words: ['disable', 'server'],
  usage: 'disable server (DEPRECATED)',
  help: "disable a server for maintenance (use 'set server' instead)",
  run: async ([name], context) => {
    const found = findServer(await context.node.proxies(), name);
    return typeof found === 'string' ? found : changeState(found, 'maint', context);
  },
};

async function changeState(
  { backend, server }: NamedServer,
  state: AdminState,
  { node, by }: VerbContext,
): Promise<string> {
  if (backend.isBackup) return NEIGHBOR;
  return outcomeText(await node.setAdminState(backend.view.app.name, server.address, state, by));
}
