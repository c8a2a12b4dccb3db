/** The definition of the lab's app (swarm-lab.ts), as people write it, and what tests and benchmarks change of it. */
import { APP_IMAGE } from '../docker/app-image.js';
import { LAB_APP, LAB_SLOT } from './swarm-lab.js';

export interface Shop {
  readonly pods?: readonly string[];
  readonly instances?: number;
  readonly image?: string;
  /** In the environment: another one is another version. */
  readonly version?: string;
  readonly healthPath?: string;
}

/** It ends as an app does that loses no request: it answers on kept connections until it is gone. @see docs/containers.md */
const ENDS_WELL = '{ON_STOP: graceful, KEEP_IDLE: "1", EXIT_AFTER_MS: "1000"}';

export function shopText({ pods = ['alpha'], instances = 3, image, version = 'a', healthPath }: Shop): string {
  const env = ENDS_WELL.replace('{', `{APP: ${LAB_APP}, VERSION: ${version}, `);
  return `name: ${LAB_APP}
pods: [${pods.join(', ')}]
num_instances: ${instances}
image: ${image ?? APP_IMAGE}
protocol: http
native_port: 8080
slot: ${LAB_SLOT}
env: ${env}
timeouts: {drain: 2s}
health: {path: ${healthPath ?? '/health'}}
placement:
  healthcheck: {interval: 1s, start_period: 0s}
  update: {monitor: 1s}
`;
}
