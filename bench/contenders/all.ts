import type { Create } from '../comparison.js';
import type { Workload } from '../workloads/requests.js';
import { AutoproxyContender } from './autoproxy.js';
import { isPlain, PLAIN_SETUP } from './contender.js';
import { HaproxyContender } from './haproxy.js';
import { NginxContender } from './nginx.js';
import { ProgramContender } from './program-contender.js';

export const BESIDE = 'autoproxy, plain';

export const HAPROXY_AND_AUTOPROXY: readonly Create[] = [
  (options) => new HaproxyContender(options),
  (options) => new AutoproxyContender(options),
];

const OTHERS: readonly Create[] = [
  (options) => new NginxContender(options),
  (options) => new ProgramContender('undici', options),
  (options) => new ProgramContender('fast-proxy', options),
  (options) => new ProgramContender('httpxy', options),
  (options) => new ProgramContender('http-proxy', options, 'keep-alive agent'),
  (options) => new ProgramContender('http-proxy', options, '', false),
];

/** The same node without what the workload adds, to see what that costs. */
const PLAIN_AUTOPROXY: Create = (options) => {
  const setup = {
    ...options.setup,
    slots: PLAIN_SETUP.slots,
    instances: PLAIN_SETUP.instances,
    workers: PLAIN_SETUP.workers,
  };
  return new AutoproxyContender(
    { ...options, setup, instances: options.instances.slice(0, setup.instances) },
    { name: BESIDE },
  );
};

/** HAProxy first: the others are compared with it. */
export function contendersFor({ setup, besidePlain }: Workload, hasAll: boolean): readonly Create[] {
  if (besidePlain !== null) return [...HAPROXY_AND_AUTOPROXY, PLAIN_AUTOPROXY];
  return hasAll && isPlain(setup) ? [...HAPROXY_AND_AUTOPROXY, ...OTHERS] : HAPROXY_AND_AUTOPROXY;
}
