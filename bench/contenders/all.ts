import type { Create } from '../comparison.js';
import { NEWER_NODES, nodeOfLine } from '../node-versions.js';
import type { Workload } from '../workloads/requests.js';
import { AutoproxyContender } from './autoproxy.js';
import { CADDY } from './caddy.js';
import { ConfiguredProgram } from './configured-program.js';
import { type ContenderOptions, isPlain, PLAIN_SETUP } from './contender.js';
import { FloorContender } from './floor.js';
import { HaproxyContender } from './haproxy.js';
import { MissingProgram } from './missing-program.js';
import { NGINX } from './nginx.js';
import { ProgramContender } from './program-contender.js';

export const BESIDE = 'autoproxy, plain';

export const HAPROXY_AND_AUTOPROXY: readonly Create[] = [
  (options) => new HaproxyContender(options),
  (options) => new AutoproxyContender(options),
];

/** The long-term release of today, and the node on newer Nodes. */
const TODAY: readonly Create[] = [
  (options) => new HaproxyContender(options, { release: '3.2' }),
  ...NEWER_NODES.map((major) => (options: ContenderOptions) => {
    const node = nodeOfLine(major);
    if (node === null) throw new MissingProgram(`Node ${major}`);
    return new AutoproxyContender(options, { name: `autoproxy, Node ${major}`, node });
  }),
];

const FLOOR: Create = (options) => new FloorContender(options);

const OTHERS: readonly Create[] = [
  (options) => new HaproxyContender(options, { release: '3.0' }),
  (options) => new ConfiguredProgram(NGINX, options),
  (options) => new ConfiguredProgram(CADDY, options),
  (options) => new ProgramContender('undici', options),
  (options) => new ProgramContender('fast-proxy', options),
  (options) => new ProgramContender('httpxy', options),
  (options) => new ProgramContender('http-proxy', options, 'keep-alive agent'),
  (options) => new ProgramContender('http-proxy', options, '', false),
];

/** The same without what the workload adds, to see what that costs each of the two. */
const PLAIN: readonly Create[] = [
  (options) => new HaproxyContender(plainOf(options), { name: 'haproxy, plain' }),
  (options) => new AutoproxyContender(plainOf(options), { name: BESIDE }),
];

function plainOf(options: ContenderOptions): ContenderOptions {
  const { slots, instances, workers } = PLAIN_SETUP;
  return {
    ...options,
    setup: { ...options.setup, slots, instances, workers },
    instances: options.instances.slice(0, instances),
  };
}

/** HAProxy first: the others are compared with it. */
export function contendersFor({ setup, besidePlain }: Workload, hasAll: boolean): readonly Create[] {
  if (besidePlain !== null) return [...HAPROXY_AND_AUTOPROXY, ...PLAIN];
  // A pump copies the bytes of both protocols alike.
  const hasFloor = isPlain({ ...setup, protocol: PLAIN_SETUP.protocol });
  const everywhere = [...HAPROXY_AND_AUTOPROXY, ...TODAY, ...(hasFloor ? [FLOOR] : [])];
  return hasAll && isPlain(setup) ? [...everywhere, ...OTHERS] : everywhere;
}
