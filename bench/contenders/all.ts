import type { Create } from '../comparison.js';
import { AutoproxyContender } from './autoproxy.js';
import { isPlain, type Setup } from './contender.js';
import { HaproxyContender } from './haproxy.js';
import { NginxContender } from './nginx.js';
import { ProgramContender } from './program-contender.js';

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

/** HAProxy first: the others are compared with it. */
export function contendersFor(setup: Setup, hasAll: boolean): readonly Create[] {
  return hasAll && isPlain(setup) ? [...HAPROXY_AND_AUTOPROXY, ...OTHERS] : HAPROXY_AND_AUTOPROXY;
}
