/** The one table of what a definition of an app may say; what it shares with the services directory stands in app-keys.ts. */
import type { EdgeDefinition, EnvEntry } from '../model/app-definition.js';
import { PLACEMENT_DEFAULTS, type Placement } from '../model/placement.js';
import { optional, type Reader, refuse, required } from '../yaml/reader.js';
import { integer, text } from '../yaml/scalar-readers.js';
import { INVALID } from '../yaml/yaml-text.js';
import { APP_KEYS } from './app-keys.js';
import { SETTING_KEYS } from './app-settings.js';
import { edge } from './edge-keys.js';
import { env } from './env-entries.js';
import { image } from './image-name.js';
import { placement } from './placement-keys.js';
import { DNS_LABEL, podNames } from './pod-names.js';

/**
 * `all`, `default` and `none` would name a part of the edge's configuration, or everything at once; `autoproxy` and
 * `consul` are services that nodes and servers register themselves, so Consul's own RPC port would be an instance.
 */
const RESERVED_NAMES: readonly string[] = ['all', 'autoproxy', 'consul', 'default', 'none'];

/** What a name of an app is, for messages. */
export const APP_NAME_RULE = `a letter, then a-z, 0-9 and -, at most 63 in all; not ${RESERVED_NAMES.join(', ')}`;

export function isAppName(name: string): boolean {
  return DNS_LABEL.test(name) && !RESERVED_NAMES.includes(name);
}

const name = text((written) => (isAppName(written) ? written : null), 'a name of an app', `write ${APP_NAME_RULE}`);

const pods: Reader<readonly string[]> = {
  schema: { ...podNames.schema, minItems: 1 },
  read(value, place) {
    const read = podNames.read(value, place);
    if (read === INVALID || read.length > 0) return read;
    return refuse(place, value, 'the list of pods is empty', 'name at least one: [alpha]');
  },
};

export const DEFINITION_KEYS = {
  name: required(name, 'the name of the app, a DNS label'),
  pods: required(pods, 'the pods that the app runs in'),
  num_instances: optional(
    integer(1, 10_000),
    1,
    'the least number of instances over all pods of the app, at least one in each',
  ),
  image: optional<string | null>(image, null, 'the image of its containers'),
  native_port: APP_KEYS.native_port,
  slot: optional<number | null>(
    APP_KEYS.translated_port.reader,
    null,
    'the port on every node; the next one is the health port. Given once, by "app put"',
    ['translated_port'],
  ),
  ...SETTING_KEYS,
  edge: optional<EdgeDefinition | null>(
    edge,
    null,
    'how the front door leads to the app; without it, the front door does not serve the app',
  ),
  env: optional<readonly EnvEntry[]>(env, [], 'the environment of its containers'),
  placement: optional<Placement>(placement, PLACEMENT_DEFAULTS, 'how its containers are placed, updated and stopped'),
};
