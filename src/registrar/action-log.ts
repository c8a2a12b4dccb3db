import type { ServiceEntry } from '../consul/answers.js';
import type { Log } from '../core/log.js';
import { hostPort } from '../core/networks.js';
import type { Action } from './compare.js';

/** More lines would hide the others. */
export const MAX_LINES = 5;

/** Tells people what came into Consul and what was taken out. @param actions those that were done */
export function logActions(log: Log, actions: readonly Action[]): void {
  const done = actions.filter(({ kind }) => kind === 'register' || kind === 'deregister');
  if (done.length > MAX_LINES) {
    const registered = done.filter(({ kind }) => kind === 'register').length;
    log.info({ registered, deregistered: done.length - registered }, 'containers registered in Consul and taken out');
    return;
  }
  for (const action of done) {
    if (action.kind === 'register') log.info(wordsOf(action.service), 'container registered in Consul');
    else if (action.kind === 'deregister')
      log.info({ ...wordsOf(action.service), why: action.why }, 'container taken out of Consul');
  }
}

function wordsOf({ id, name, address, port }: Pick<ServiceEntry, 'id' | 'name' | 'address' | 'port'>) {
  return { service: name, id, address: hostPort(address, port) };
}
