/** Apps with a way in, as their definitions give them. */
import assert from 'node:assert/strict';
import type { EdgeApp } from '../../../edge/edge-app.js';
import { parseAppDefinitions } from '../../../src/documents/app-definition-document.js';

/** A route as a definition writes it: `{host: 'www.one.example', path: '/checkout'}`. */
export type WrittenRoute = Readonly<Record<string, string | number>>;

/** Real parsing: what a definition may not say cannot come in here. */
export function edgeApp(name: string, routes: readonly WrittenRoute[], tls: WrittenRoute = {}): EdgeApp {
  return edgeAppFromText(name, JSON.stringify({ name, pods: ['alpha'], protocol: 'http', edge: { tls, routes } }));
}

export function edgeAppFromText(name: string, text: string): EdgeApp {
  const { apps, problems } = parseAppDefinitions(text, `${name}.yml`, 'test');
  assert.deepEqual(problems, []);
  const definition = apps[0]?.definition;
  if (definition?.edge == null) throw new Error(`${name}: no way in: ${text}`);
  return { ...definition, edge: definition.edge };
}
