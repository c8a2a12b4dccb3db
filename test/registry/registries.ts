/** Both registries, each empty and of one's own: what is promised of one is promised of the other. */
import type { TestContext } from 'node:test';
import type { ConsulSettings } from '../../src/consul/settings.js';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import type { Registry } from '../../src/registry/registry.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startConsulFor } from '../support/consul.js';

export interface RegistryKind {
  readonly name: string;
  /** @returns how one more registry over the same place is opened */
  prepare(context: TestContext): Promise<RegistryPlace>;
}

export interface RegistryPlace {
  /** For the command line. */
  readonly arguments: readonly string[];
  open(): Registry;
}

export const REGISTRY_KINDS: readonly RegistryKind[] = [
  {
    name: 'directory',
    async prepare(context) {
      const directory = temporaryFolder(context, 'registry');
      return { arguments: ['--registry', directory], open: () => new DirectoryRegistry(directory) };
    },
  },
  {
    name: 'Consul',
    async prepare(context) {
      const { url } = await startConsulFor(context);
      return {
        arguments: ['--consul', url],
        open() {
          const registry = new ConsulRegistry(consulSettings(url));
          atEnd(context, () => registry.close());
          return registry;
        },
      };
    },
  },
];

export function consulSettings(url: string, token: string | null = null): ConsulSettings {
  const none = { tokenFile: null, caFile: null, certFile: null, keyFile: null, namespace: null, datacenter: null };
  return { url, token, ...none };
}
