import type { Container } from '../../src/docker/container.js';
import { APP_DEFAULTS } from '../../src/model/app.js';
import { type DefinedApp, type Wanted, wantedFrom } from '../../src/registrar/wanted-services.js';

/** What a test says of a container; the rest is that of a container that runs and asks for nothing. */
export type ContainerPlan = Partial<Omit<Container, 'labels' | 'env'>> & {
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

/** @param number makes id, name and address: `web-7`, 172.17.0.7 */
export function containerOf(number: number, plan: ContainerPlan = {}): Container {
  const id = number.toString(16).padStart(12, '0').padEnd(64, '0');
  return {
    id,
    name: `web-${number}`,
    life: `${id.slice(0, 12)}@2026-11-29T11:02:03.1Z`,
    image: 'localhost/web:1',
    ports: [8080],
    networks: [{ name: 'bridge', address: `172.17.${number >> 8}.${number & 255}` }],
    lostAddresses: [],
    isHostNetwork: false,
    networkOf: null,
    phase: 'running',
    health: 'none',
    since: 0,
    why: '',
    ...plan,
    labels: new Map(Object.entries(plan.labels ?? {})),
    env: new Map(Object.entries(plan.env ?? {})),
  };
}

const DEFINED = new Map<string, DefinedApp>([
  ['native', { nativePort: 9000, health: APP_DEFAULTS.health, sendProxy: 'none' }],
  ['checked', { nativePort: null, health: { ...APP_DEFAULTS.health, path: '/health' }, sendProxy: 'none' }],
  ['proxied', { nativePort: null, health: { ...APP_DEFAULTS.health, path: '/health' }, sendProxy: 'v2' }],
]);

/** Where three apps are defined, and no other one is. */
export function wantedOn(node: string, containers: readonly Container[]): Wanted {
  return wantedFrom(containers, { node, appOf: (name) => DEFINED.get(name) ?? null });
}
