import type { CheckTarget } from '../health/checker.js';
import type { App, HealthCheck } from '../model/app.js';

/** A neighbor is asked at its health port whether it has an instance of its own. One good answer is enough. */
const NEIGHBOR_CHECK: HealthCheck = { path: '/health', intervalMs: 1_000, timeoutMs: 2_000, rise: 1, fall: 2 };

export function targetKey(app: string, instance: string): string {
  return `${app} ${instance}`;
}

export function neighborKey(app: string, host: string): string {
  return `${app} neighbor ${host}`;
}

/** @returns whose instance is checked under this key; null for a neighbor. Names have no spaces. */
export function instanceOfKey(key: string): { readonly app: string; readonly instance: string } | null {
  const [app, instance, ...rest] = key.split(' ');
  return app === undefined || instance === undefined || rest.length > 0 ? null : { app, instance };
}

/**
 * What is in maintenance is left alone. What takes no new traffic cannot stand in for what does, so it is in a group of
 * its own: the last one that serves is not ejected for the sake of a drained one.
 */
export function instanceTargets(apps: readonly App[]): CheckTarget[] {
  return apps.flatMap((app) =>
    app.instances
      .filter(({ state }) => state !== 'maint')
      .map(({ id, life, host, port, state, weight }) => ({
        key: targetKey(app.name, id),
        life,
        host,
        port,
        check: app.health,
        sendProxy: app.sendProxy,
        group: state === 'ready' && weight > 0 ? app.name : `${app.name} drained`,
      })),
  );
}

/** @param localAddress where the bleed leaves from: another way may be open where that one is not */
export function neighborTarget(app: App, host: string, localAddress: string | null): CheckTarget {
  return {
    key: neighborKey(app.name, host),
    host,
    port: app.slot + 1,
    localAddress,
    check: NEIGHBOR_CHECK,
    group: `${app.name} neighbors`,
  };
}
