import type { Route } from './app-definition.js';

/** Equal for routes that match the same requests: no two of all apps may share one. */
export function routeKey({ host, path }: Route): string {
  return `${host.kind} ${hostText(host)} ${path.kind} ${pathText(path)}`;
}

/** For people: `*.one.example/checkout`. */
export function describeRoute({ host, path }: Route): string {
  return `${hostText(host)} ${path.kind} ${pathText(path)}`;
}

/** As an app writes it: a name, `*.` and a name, or an expression. */
export function hostText(host: Route['host']): string {
  return host.kind === 'exact' ? host.host : host.kind === 'wildcard' ? `*.${host.suffix}` : host.pattern;
}

function pathText(path: Route['path']): string {
  return path.kind === 'regex' ? path.pattern : path.path;
}
