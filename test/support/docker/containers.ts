import type { Container } from '../../../src/docker/container.js';

interface SaidContainer extends Partial<Omit<Container, 'labels' | 'env' | 'networks'>> {
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** On the network `bridge`. */
  readonly address?: string;
  readonly networks?: Container['networks'];
}

const STARTED = Date.parse('2026-11-29T11:00:00Z');

/** A running container on `bridge`; a test says only what matters to it. @param start of its life, in seconds */
export function containerOf(name: string, start: number, said: SaidContainer = {}): Container {
  const { labels = {}, env = {}, address = '172.17.0.2', ...rest } = said;
  const id = said.id ?? Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
  return {
    id,
    name,
    life: `${id.slice(0, 12)}@${new Date(STARTED + start * 1_000).toISOString()}`,
    image: 'app:1',
    ports: [8080],
    networks: [{ name: 'bridge', address }],
    lostAddresses: [],
    isHostNetwork: false,
    networkOf: null,
    phase: 'running',
    health: 'none',
    since: start * 1_000,
    why: '',
    ...rest,
    labels: new Map(Object.entries(labels)),
    env: new Map(Object.entries(env)),
  };
}
