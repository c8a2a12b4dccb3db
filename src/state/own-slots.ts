import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';

/**
 * An instance that is the app's own slot on this node sends each request round until no connection is left. It is left
 * out, and named.
 * @param isBound whether the slots of this node are bound at an address
 */
export function withoutOwnSlots(
  apps: readonly App[],
  isBound: (address: string) => boolean,
): { readonly apps: readonly App[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const cleared = apps.map((app) => {
    const own = app.instances.filter(({ host, port }) => port === app.slot && isBound(host));
    if (own.length === 0) return app;
    const { location: file, line, col } = app.origin;
    for (const { id } of own) {
      problems.push({
        severity: 'error',
        app: app.name,
        file,
        line,
        col,
        message: `${app.name}.instances: ${id} is the slot of the app itself on this node, so it is left out`,
        hint: 'write the address and the port of the container',
      });
    }
    return { ...app, instances: app.instances.filter((instance) => !own.includes(instance)) };
  });
  return problems.length === 0 ? { apps, problems } : { apps: cleared, problems };
}
