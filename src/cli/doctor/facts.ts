/** What the checks of `doctor` look at: the options, the node that runs with them, and the apps of either. */
import type { ConfigDocument } from '../../admin/config-document.js';
import type { StateDocument } from '../../admin/state-document.js';
import type { Config } from '../../config/config.js';
import { loadConfig } from '../../config/load.js';
import { ConfigError, hostInputs } from '../../config/option-places.js';
import { createKeyedObject } from '../../core/keyed-object.js';
import { reasonOf } from '../../core/thrown.js';
import type { App } from '../../model/app.js';
import type { Problem } from '../../model/problem.js';
import { type AdminOptionValues, askNode, TokenRefused } from '../admin-option.js';
import { formatTarget } from '../admin-target.js';
import { checkServices } from '../check.js';

export interface DoctorFacts {
  readonly config: Config;
  /** What is odd in the options. */
  readonly warnings: readonly Problem[];
  /** Of the admin API. */
  readonly admin: string;
  /** null: no node answers there. */
  readonly state: StateDocument | null;
  /** Why none does. */
  readonly failure: string | null;
  readonly apps: readonly DoctorApp[];
}

export interface DoctorApp extends Pick<App, 'name' | 'slot'> {
  /** null: as the node says. */
  readonly acceptProxy: boolean | null;
  readonly nativePort: number | null;
  readonly instances: readonly DoctorInstance[];
}

interface DoctorInstance {
  readonly id: string;
  /** null: no node says. */
  readonly health: 'up' | 'down' | 'unchecked' | null;
}

/** @throws TokenRefused by a node that asks for another token; @throws ConfigError when no node runs and the options of one would be refused */
export async function gatherFacts(options: AdminOptionValues, env: NodeJS.ProcessEnv): Promise<DoctorFacts> {
  const node = await askNode(options, async (client) => ({
    state: await client.readState(),
    config: await client.readConfig(),
  })).catch((error: unknown) => {
    // One answers: its options are not those of here.
    if (error instanceof TokenRefused) throw error;
    return reasonOf(error);
  });
  const { config, warnings } = typeof node === 'string' ? loadConfig(hostInputs({}, env)) : configOf(node.config, env);
  const written = await checkServices(config.servicesDir, config.admin.port).catch(() => null);
  const state = typeof node === 'string' ? null : node.state;
  return {
    ...{ config, warnings, state },
    admin: formatTarget(options.admin),
    failure: typeof node === 'string' ? node : null,
    apps: state === null ? (written?.apps ?? []).map(writtenApp) : servedApps(state, written?.apps ?? []),
  };
}

/** That of the node that runs; a secret is not told, so the one of this environment stands in for it. */
function configOf(document: ConfigDocument, env: NodeJS.ProcessEnv) {
  const flags = createKeyedObject(
    document.options.flatMap(({ name, value, isSecret }) =>
      isSecret || value === null ? [] : [[name, value] as const],
    ),
  );
  try {
    return loadConfig({ ...hostInputs(flags, env), defaultFile: '' });
  } catch (error) {
    // A node of another release may have options that are unknown here.
    if (error instanceof ConfigError) return loadConfig(hostInputs({}, env));
    throw error;
  }
}

function writtenApp({ name, slot, acceptProxy, nativePort, instances }: App): DoctorApp {
  return { name, slot, acceptProxy, nativePort, instances: instances.map(({ id }) => ({ id, health: null })) };
}

function servedApps(state: StateDocument, written: readonly App[]): readonly DoctorApp[] {
  const byName = new Map(written.map((app) => [app.name, app]));
  return state.apps.map(({ name, slot, instances }) => ({
    ...{ name, slot },
    acceptProxy: byName.get(name)?.acceptProxy ?? null,
    nativePort: byName.get(name)?.nativePort ?? null,
    instances: instances.map(({ id, health }) => ({ id, health })),
  }));
}
