/** What an app adds to the files beside haproxy.cfg: lines of maps, and lists of its own. All of it changes without a reload. */
import type { EdgeApp } from '../edge-app.js';
import { mapLine, networkLine } from '../syntax/file-lines.js';
import { RefusedValue } from '../syntax/refused-value.js';
import { nameWord, numberWord } from '../syntax/words.js';
import { appName } from './app-backend.js';

/** Maps whose keys are names of apps; that of the methods has `app/METHOD` beside each, and no name has a slash. */
export const APP_MAPS = [
  'hsts_app',
  'plain_ok',
  'max_body',
  'limit_requests',
  'limit_errors',
  'limit_concurrent',
  'methods',
] as const;
type AppMap = (typeof APP_MAPS)[number];

export interface AppLines {
  readonly maps: ReadonlyMap<AppMap, readonly string[]>;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

const EVERYBODY = ['0.0.0.0/0', '::/0'];

/** @throws RefusedValue */
export function appLines(app: EdgeApp): AppLines {
  const name = appName(app);
  const { tls, rateLimit, allow, deny, maxBodyBytes, methods } = app.edge;
  const maps = new Map<AppMap, readonly string[]>();
  const add = (map: AppMap, field: string, value: string): void => {
    maps.set(map, [mapLine(field, name, value)]);
  };
  const addNumber = (map: AppMap, field: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined) add(map, field, numberWord(field, value));
  };
  if (tls.hsts !== null) add('hsts_app', 'edge.tls.hsts', hstsValue('edge.tls.hsts', tls.hsts));
  if (!tls.redirect) add('plain_ok', 'edge.tls.redirect', '1');
  addNumber('max_body', 'edge.max_body', maxBodyBytes);
  addNumber('limit_requests', 'edge.rate_limit.requests', rateLimit?.requests);
  addNumber('limit_errors', 'edge.rate_limit.errors', rateLimit?.errors);
  addNumber('limit_concurrent', 'edge.rate_limit.concurrent', rateLimit?.concurrent);
  if (methods.length > 0) {
    const allowed = methods.map((method) =>
      mapLine('edge.methods', `${name}/${nameWord('edge.methods', method)}`, '1'),
    );
    maps.set('methods', [mapLine('edge.methods', name, methods.join(',')), ...allowed]);
  }
  return {
    maps,
    // Always there, so that the first entry needs no new rule.
    allow: networkLines('edge.allow', allow.length === 0 ? EVERYBODY : allow),
    deny: networkLines('edge.deny', deny),
  };
}

/** Without blanks (RFC 6797, 6.1 needs none): a value of a map is one field. */
export function hstsValue(field: string, written: string): string {
  if (!/^max-age=\d{1,10}(; includeSubDomains)?(; preload)?$/.test(written))
    throw new RefusedValue(field, 'is not a value of Strict-Transport-Security');
  return written.replaceAll('; ', ';');
}

export function networkLines(field: string, values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort().map((value) => networkLine(field, value));
}
