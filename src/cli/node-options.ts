import { adminSocketOf } from '../config/admin-socket.js';
import type { Config } from '../config/config.js';
import { ConfigError, findOptionsFile, hostInputs, loadOptions } from '../config/option-places.js';
import { OPTIONS } from '../config/options.js';
import { RefusedText } from '../config/text-readers.js';
import { formatProblem } from '../model/problem.js';
import { type AdminTarget, socketTarget, unknownTarget } from './admin-target.js';

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

/** All that says where they are. */
const NEEDED = ['servicesDir', 'stateDir', 'admin', 'adminSocket', 'adminTokenFile'] as const;
/** Those of the admin API. */
const NAMES_PLACE = new Set<keyof Config>(['stateDir', 'admin', 'adminSocket']);

/**
 * Reads where the node of this machine has its files and its admin API, from the environment and the node's own file.
 * What is wrong with other options is the node's trouble. While one of these can't be read, commands that ask a node refuse:
 * at the default place another one may listen.
 */
export async function nodeDefaultsFrom(env: NodeJS.ProcessEnv): Promise<NodeDefaults> {
  const { AUTOPROXY_ADMIN: text = '', AUTOPROXY_ADMIN_SOCKET: socket = '' } = env;
  const named = text === '' || socket !== '' ? null : namedTarget(text);
  const { values, tokenPlace, doubt } = await readNeeded(named === null ? env : { ...env, AUTOPROXY_ADMIN: undefined });
  const { servicesDir, admin: address, adminTokenFile: path } = values;
  return {
    servicesDir,
    adminPort: named?.address?.port ?? address.port,
    admin: named ?? { socket: adminSocketOf(values)?.path ?? null, address, isOwn: true, doubt },
    adminTokenFile: path === null ? null : { path, isFor: tokenPlace, isDemanded: false },
  };
}

/** An address in the environment alone is where its user wants to ask. */
function namedTarget(text: string): AdminTarget {
  const socket = socketTarget(text);
  if (socket !== null) return socket;
  const address = OPTIONS.admin.read(text.trim(), '/');
  if (!(address instanceof RefusedText)) return { socket: null, address, isOwn: false, doubt: null };
  const { message, hint } = address.refusal;
  return unknownTarget(`AUTOPROXY_ADMIN: ${message} (${hint}, or unix:/PATH)`);
}

interface NeededOptions {
  readonly values: NeededValues;
  readonly tokenPlace: AdminTokenFile['isFor'];
  readonly doubt: string | null;
}

type NeededValues = Pick<Config, (typeof NEEDED)[number]>;

async function readNeeded(env: NodeJS.ProcessEnv): Promise<NeededOptions> {
  const inputs = hostInputs({}, env);
  const path = findOptionsFile(inputs);
  // A health check runs every few seconds, as a rule without such a file: it loads no parser of YAML.
  const file = path === null ? null : (await import('../config/options-file.js')).readOptionsFile(path);
  const wrong = (file?.problems ?? []).filter(({ severity }) => severity === 'error').map(formatProblem);
  let values = loadOptions(NEEDED, { ...inputs, env: {} }).values;
  let tokenPlace: AdminTokenFile['isFor'] = 'every node';
  // One by one: a mistake in one leaves the others readable.
  for (const key of NEEDED) {
    try {
      const read = loadOptions([key], inputs, file);
      values = { ...values, ...read.values };
      if (file !== null && read.places.get('adminTokenFile')?.file === file.path) tokenPlace = 'own node';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (NAMES_PLACE.has(key)) wrong.push(error.message);
    }
  }
  return { values, tokenPlace, doubt: wrong[0] ?? null };
}
