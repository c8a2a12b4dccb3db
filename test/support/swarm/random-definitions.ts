/** Definitions of the lab's app, each changed a little from the one before, by chance that can be repeated. */
import { APP_IMAGE } from '../docker/app-image.js';
import type { SeededRandom } from '../seeded-random.js';
import { LAB_APP, LAB_SLOT } from './swarm-lab.js';

/** As a document has it. */
type Part = Readonly<Record<string, unknown>>;

interface Definition {
  readonly pods: readonly string[];
  readonly instances: number;
  readonly tag: number;
  readonly port: number;
  readonly env: Part;
  readonly healthPath: string | null;
  readonly drain: string;
  readonly placement: Part;
}

type Change = (definition: Definition, random: SeededRandom) => Partial<Definition>;

/** How many names the image has: `:1` and on. */
export const IMAGE_TAGS = 3;

const FIRST: Definition = {
  pods: ['alpha'],
  instances: 2,
  tag: 1,
  port: 8080,
  env: { VERSION: 'a' },
  healthPath: '/health',
  drain: '1s',
  placement: {},
};

function placed(key: string, values: readonly unknown[]): Change {
  return ({ placement }, random) => ({ placement: { ...placement, [key]: random.pick(values) } });
}

const CHANGE_OF_PODS: Change = (_, random) => ({ pods: random.pick([['alpha'], ['alpha', 'beta'], ['beta']]) });

const CHANGES: readonly Change[] = [
  (_, random) => ({ instances: 1 + random.below(4) }),
  (_, random) => ({ tag: 1 + random.below(IMAGE_TAGS) }),
  (_, random) => ({ port: 8080 + random.below(2) }),
  ({ env }, random) => ({ env: { ...env, VERSION: random.pick(['a', 'b', '$HOME', '']) } }),
  ({ env: { MORE: more, ...env } }) => ({ env: more === undefined ? { ...env, MORE: '1' } : env }),
  (_, random) => ({ healthPath: random.pick(['/health', '/ready', "/it's", null]) }),
  (_, random) => ({ drain: random.pick(['1s', '2s']) }),
  placed('limits', [null, { memory: '256m' }, { memory: '256m', cpus: 0.5 }, { cpus: 1 }]),
  placed('reservations', [null, { memory: '16m' }, { memory: '16m', cpus: 0.01 }]),
  placed('stop_grace', [null, '5s', '10s']),
  placed('restart_delay', [null, '100ms', '1s']),
  placed('spread', [null, 'rack', 'zone']),
  ({ placement: { update, ...placement } }, random) => ({
    placement: {
      ...placement,
      update: random.pick([null, { order: 'stop-first' }, { parallelism: 2 }, { delay: '100ms' }]),
    },
  }),
  ({ placement: { healthcheck, ...placement } }, random) => ({
    placement: {
      ...placement,
      healthcheck: random.pick([
        null,
        { source: 'none' },
        { retries: 20 },
        { command: ['busybox', 'true'] },
        { timeout: '5s' },
      ]),
    },
  }),
];

export class RandomDefinitions {
  readonly #random: SeededRandom;
  readonly #changes: readonly Change[];
  #last = FIRST;

  /** @param hasTwoPods the pod beta has a node too */
  constructor(random: SeededRandom, hasTwoPods: boolean) {
    this.#random = random;
    this.#changes = hasTwoPods ? [CHANGE_OF_PODS, ...CHANGES] : CHANGES;
  }

  /** The text of the first one. */
  first(): string {
    return textOf(this.#last);
  }

  /** One to three things are other than in the last one; by chance they may be the same. */
  next(): string {
    for (let left = 1 + this.#random.below(3); left > 0; left -= 1)
      this.#last = { ...this.#last, ...this.#random.pick(this.#changes)(this.#last, this.#random) };
    return textOf(this.#last);
  }
}

/** JSON, which is YAML too. Checks follow fast on each other and forgive much, since the machine may be busy. */
function textOf({ pods, instances, tag, port, env, healthPath, drain, placement }: Definition): string {
  const { update = {}, healthcheck = {} } = placement as { readonly update?: object; readonly healthcheck?: object };
  return JSON.stringify({
    name: LAB_APP,
    pods,
    num_instances: instances,
    image: APP_IMAGE.replace(/:[^:]*$/, `:${tag}`),
    protocol: 'http',
    native_port: port,
    slot: LAB_SLOT,
    env: { APP: LAB_APP, ON_STOP: 'graceful', PORT: String(port), ...env },
    timeouts: { drain },
    health: { path: healthPath ?? undefined },
    placement: {
      ...placement,
      update: { monitor: '1s', ...update },
      healthcheck: { interval: '1s', start_period: '0s', retries: 10, ...healthcheck },
    },
  });
}
