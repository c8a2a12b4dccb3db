import { adminSocketOf } from '../config/admin-socket.js';
import { ConfigError, configFrom, findOptionsFile, hostInputs, type LoadedConfig } from '../config/option-places.js';
import { OPTIONS } from '../config/options.js';
import { type AdminTarget, socketTarget } from './admin-target.js';

/** What other commands must know of the node on this machine. */
export interface NodeDefaults {
  readonly servicesDir: string;
  readonly admin: AdminTarget;
  /** Where the admin API of that node listens. */
  readonly adminPort: number;
  /** null: none is named. */
  readonly adminTokenFile: AdminTokenFile | null;
}

export interface AdminTokenFile {
  readonly path: string;
  /** What the options of the node name is its own business; what a person names goes to whom that person asks. */
  readonly isFor: 'own node' | 'every node';
  /** A command fails where it cannot be read, also where no token is needed. */
  readonly isDemanded: boolean;
}

/**
 * Reads where the node of this machine has its files and its admin API, from the environment and the node's own file.
 * Options that are wrong are the node's trouble: a command that only asks goes on with the defaults.
 */
export async function nodeDefaultsFrom(env: NodeJS.ProcessEnv): Promise<NodeDefaults> {
  const { AUTOPROXY_ADMIN: admin = '', AUTOPROXY_ADMIN_SOCKET: socket = '' } = env;
  const named = socketTarget(admin);
  const { config, settings } = await loadQuietly(env, named !== null);
  const { adminTokenFile: path } = config;
  const isWritten = settings.some(({ name, origin }) => name === OPTIONS.adminTokenFile.name && origin === 'file');
  // An address in the environment alone is where its user wants to ask.
  const isAddressNamed = admin !== '' && socket === '';
  return {
    servicesDir: config.servicesDir,
    adminPort: config.admin.port,
    admin: named ?? {
      socket: isAddressNamed ? null : (adminSocketOf(config)?.path ?? null),
      address: config.admin,
      isOwn: !isAddressNamed,
    },
    adminTokenFile: path === null ? null : { path, isFor: isWritten ? 'own node' : 'every node', isDemanded: false },
  };
}

/** @param isSocketNamed AUTOPROXY_ADMIN names a socket, which a node does not take as its address */
async function loadQuietly(env: NodeJS.ProcessEnv, isSocketNamed: boolean): Promise<LoadedConfig> {
  const { AUTOPROXY_SERVICES_DIR, AUTOPROXY_STATE_DIR, AUTOPROXY_CONFIG } = env;
  const { AUTOPROXY_ADMIN: named, AUTOPROXY_ADMIN_SOCKET, AUTOPROXY_ADMIN_TOKEN_FILE } = env;
  const AUTOPROXY_ADMIN = isSocketNamed ? undefined : named;
  const ofFiles = { AUTOPROXY_SERVICES_DIR, AUTOPROXY_STATE_DIR, AUTOPROXY_CONFIG };
  const ofAdmin = { AUTOPROXY_ADMIN, AUTOPROXY_ADMIN_SOCKET, AUTOPROXY_ADMIN_TOKEN_FILE };
  const inputs = hostInputs({}, { ...ofFiles, ...ofAdmin });
  const file = findOptionsFile(inputs);
  // A health check runs every few seconds, as a rule without such a file: it loads no parser of YAML.
  const written = file === null ? null : (await import('../config/options-file.js')).readOptionsFile(file);
  try {
    return configFrom(inputs, written);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const host = { hostname: 'localhost', parallelism: 1, isTerminal: false };
    return configFrom({ ...inputs, host, env: {} }, null);
  }
}
