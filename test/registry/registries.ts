/** Both registries, each empty and of one's own: what is promised of one is promised of the other. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { ConsulSettings } from '../../src/consul/settings.js';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import type { Registry } from '../../src/registry/registry.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';

export interface RegistryKind {
  readonly name: string;
  /** @returns how one more registry over the same place is opened */
  prepare(context: TestContext): Promise<RegistryPlace>;
}

export interface RegistryPlace {
  /** For the command line. */
  readonly arguments: readonly string[];
  open(): Registry;
  /** As a person does who edits the document of an app without autoproxy. */
  writeByHand(app: string, text: string): Promise<void>;
  /** Takes out all that was written. */
  clear(): Promise<void>;
}

export const REGISTRY_KINDS: readonly RegistryKind[] = [
  {
    name: 'directory',
    async prepare(context) {
      const directory = temporaryFolder(context, 'registry');
      return {
        arguments: ['--registry', directory],
        open: () => new DirectoryRegistry(directory),
        writeByHand: (app, text) => writeFile(path.join(directory, `${app}.yml`), text),
        async clear() {
          for (const name of await readdir(directory)) await rm(path.join(directory, name), { recursive: true });
        },
      };
    },
  },
  {
    name: 'Consul',
    async prepare(context) {
      const agent = await startConsulFor(context);
      const { url } = agent;
      return {
        arguments: ['--consul', url],
        open() {
          const registry = new ConsulRegistry(consulSettings(url));
          atEnd(context, () => registry.close());
          return registry;
        },
        async writeByHand(app, text) {
          await agent.put(`/v1/kv/autoproxy/apps/${app}`, text);
        },
        async clear() {
          await agent.request('DELETE', '/v1/kv/autoproxy/?recurse=true');
        },
      };
    },
  },
];

export function consulSettings(url: string, token: string | null = null): ConsulSettings {
  const none = { tokenFile: null, caFile: null, certFile: null, keyFile: null, namespace: null, datacenter: null };
  return { url, token, ...none };
}
