import type { Container } from '../../src/docker/container.js';
import { type Wanted, wantedFrom } from '../../src/registrar/wanted-services.js';

/** What a test says of a container; the rest is that of a container that runs and asks for nothing. */
export type ContainerPlan = Partial<Omit<Container, 'labels' | 'env'>> & {
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

/** @param number makes id, name and address: `web-7`, 172.17.0.7 */
export function containerOf(number: number, plan: ContainerPlan = {}): Container {
  const id = number.toString(16).padStart(12, 'a').padEnd(64, '0');
  return {
    id,
    name: `web-${number}`,
    life: `${id.slice(0, 12)}@2026-11-29T11:02:03.1Z`,
    image: 'localhost/web:1',
    ports: [8080],
    networks: [{ name: 'bridge', address: `172.17.${number >> 8}.${number & 255}` }],
    isHostNetwork: false,
    phase: 'running',
    health: 'none',
    since: 0,
    why: '',
    ...plan,
    labels: new Map(Object.entries(plan.labels ?? {})),
    env: new Map(Object.entries(plan.env ?? {})),
  };
}

/** Where the app `native` has the port 9000, and no other app is known. */
export function wantedOn(node: string, containers: readonly Container[]): Wanted {
  return wantedFrom(containers, { node, nativePortOf: (app) => (app === 'native' ? 9000 : null) });
}
