import { APP_DEFAULTS, type App, type Instance, NO_CONTAINER } from '../../../src/model/app.js';

const { weight, state, ...defaults } = APP_DEFAULTS;

/** An app with all defaults; a test says only what matters to it. */
export function appOf(name: string, slot: number, app: Partial<App> = {}): App {
  return {
    ...defaults,
    name,
    nativePort: null,
    slot,
    hostFilter: null,
    trustedProxies: [],
    stickyCookie: null,
    instances: [],
    origin: { source: 'directory', location: `/services/${name}.yml`, line: 1, col: 1 },
    ...app,
  };
}

/** One instance at 127.0.0.1 or at the host that is said. */
export function appInstance(port: number, instance: Partial<Instance> = {}): Instance {
  const host = instance.host ?? '127.0.0.1';
  return { id: `${host}:${port}`, ...NO_CONTAINER, host, port, weight, state, ...instance };
}
