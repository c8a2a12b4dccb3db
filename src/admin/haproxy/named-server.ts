/** The server that an operator means by `backend/server`, and HAProxy's words for an unknown one. Pure. */
import { instancesNamed } from '../../model/find-instance.js';
import { type BackendRow, backendsOf, type ServerRow } from './backends.js';
import type { ProxyView } from './proxy-view.js';

export interface NamedServer {
  readonly backend: BackendRow;
  readonly server: ServerRow;
}

/** @returns one line that says what is missing. Names, `#21034/#1`, and what the commands of a node know: `ip:port`, a container */
export function findServer(view: ProxyView, word: string | undefined): NamedServer | string {
  const slash = word?.indexOf('/') ?? -1;
  if (word === undefined || slash < 0) return "Require 'backend/server'.\n";
  const [backendName, serverName] = [word.slice(0, slash), word.slice(slash + 1)];
  const backend = findBackend(view, backendName);
  if (backend === null) return 'No such backend.\n';
  const server =
    backend.servers.find(({ name, id }) => name === serverName || `#${id}` === serverName) ??
    serverOfInstance(backend, serverName);
  return server === undefined ? 'No such server.\n' : { backend, server };
}

export function findBackend(view: ProxyView, word: string): BackendRow | null {
  return backendsOf(view).find(({ name, id }) => name === word || `#${id}` === word) ?? null;
}

function serverOfInstance({ isBackup, view, servers }: BackendRow, word: string): ServerRow | undefined {
  if (isBackup) return undefined;
  const { app } = view;
  const named = instancesNamed(app.instances, word);
  // The name that the old configuration gave, where it fits one alone.
  const old = app.instances.filter(({ host }) => `${app.name}_${host}` === word);
  const [found, ...others] = named.length > 0 ? named : old;
  return others.length > 0 ? undefined : servers.find(({ address }) => address === found?.id);
}
