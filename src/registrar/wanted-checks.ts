/** The checks that Consul's agent makes of a container, and what Docker's own says. Pure. */
import type { CheckStatus, ServiceCheck } from '../consul/agent-services.js';
import { hostPort } from '../core/networks.js';
import type { Refusal } from '../core/refusal.js';
import type { Container } from '../docker/container.js';
import type { ContainerPlace } from '../docker/container-places.js';
import { serviceWord } from '../docker/service-words.js';
import type { App } from '../model/app.js';
import { escapeText } from '../model/problem.js';

/** Words of registrator that ask for what is not done here. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['CHECK_SCRIPT', 'agents refuse scripts by default; use a HEALTHCHECK, or SERVICE_CHECK_HTTP'],
  ['CHECK_CMD', 'use a HEALTHCHECK: the agent learns what it says'],
  ['CHECK_TTL', 'use a HEALTHCHECK: the agent learns what it says'],
]);
/** A container that fails is out after two of these at most; registrator's 10 s would be five times as long. */
const INTERVAL = '2s';
const TIMEOUT = '2s';
/**
 * Longer than a restart of the node, shorter than a minute: within that time a container whose end nobody saw is critical.
 */
const HEALTH_TTL = '50s';
/** Go's durations, as Consul reads them. */
const GO_DURATION = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+$/;

const PATH = /^\/[\x21-\x7e]{0,1023}$/;

/** How the definition of an app lets it be checked. */
type CheckedApp = Pick<App, 'health' | 'sendProxy'>;

/** A place whose port is known. */
export type Place = ContainerPlace & { readonly port: number };

/** A check, and what is known of it here. */
export interface WantedCheck extends ServiceCheck {
  /** What Docker's HEALTHCHECK says, for a check that the agent does not make itself; else null. */
  readonly told: ToldStatus | null;
  /** What it counts as before its first run, if somebody asked for that. */
  readonly initial: CheckStatus | null;
}

export interface ToldStatus {
  readonly status: CheckStatus;
  readonly output: string;
}

interface WantedChecks {
  readonly checks: readonly WantedCheck[];
  readonly refusals: readonly Refusal[];
}

/** Each service has a check at least: without one, what ends while nobody looks would pass for ever. */
export function checksOf(container: Container, place: Place, app: CheckedApp | null, serviceId: string): WantedChecks {
  const word = (name: string): string | null => serviceWord(container, place.port, name);
  const refusals: Refusal[] = [];
  for (const [name, hint] of OTHER_WORDS) {
    if (word(name) !== null) refusals.push({ message: `SERVICE_${name} is not understood`, hint });
  }
  const durationOf = (written: string | null, name: string, fallback: string): string => {
    if (written === null) return fallback;
    const text = written.trim();
    if (GO_DURATION.test(text)) return text;
    const message = `${name}: "${escapeText(text.slice(0, 40))}" is not a duration; ${fallback} applies`;
    refusals.push({ message, hint: 'write 500ms, 10s or 1m30s' });
    return fallback;
  };
  const interval = durationOf(word('CHECK_INTERVAL'), 'SERVICE_CHECK_INTERVAL', INTERVAL);
  const timeout = durationOf(word('CHECK_TIMEOUT'), 'SERVICE_CHECK_TIMEOUT', TIMEOUT);
  const after = word('CHECK_DEREGISTER_AFTER');
  const deregisterAfter = after === null ? null : durationOf(after, 'SERVICE_CHECK_DEREGISTER_AFTER', '1h');
  const common = { deregisterAfter, initial: initialFrom(word('CHECK_INITIAL_STATUS'), refusals) };
  const health = healthCheckOf(container, serviceId);
  const probe = probeOf(container, place, { word, app }, refusals);
  if (probe === null && health !== null) return { checks: [health], refusals };
  const { host, url } = probe ?? { host: hostOf(place), url: null };
  const own: WantedCheck =
    url === null
      ? {
          ...common,
          id: `${serviceId}/tcp`,
          name: `TCP ${host}`,
          probe: { kind: 'tcp', host, interval, timeout },
          told: null,
        }
      : {
          ...common,
          id: `${serviceId}/http`,
          name: `HTTP ${url}`,
          probe: { kind: 'http', url, interval, timeout },
          told: null,
        };
  return { checks: health === null ? [own] : [own, health], refusals };
}

/** @returns null when no word asks for a check by the agent */
function probeOf(
  { labels }: Container,
  place: Place,
  { word, app }: { readonly word: (name: string) => string | null; readonly app: CheckedApp | null },
  refusals: Refusal[],
): { readonly host: string; readonly url: string | null } | null {
  const host = hostOf(place);
  const paths = [
    ['autoproxy.health.path', 'http', labels.get('autoproxy.health.path')?.trim() ?? null],
    ['SERVICE_CHECK_HTTP', 'http', word('CHECK_HTTP')],
    ['SERVICE_CHECK_HTTPS', 'https', word('CHECK_HTTPS')],
  ] as const;
  const [first] = paths.filter(([, , path]) => path !== null && path !== '');
  if (first === undefined) {
    if (word('CHECK_TCP') !== null) return { host, url: null };
    // The agent sends no PROXY header.
    const path = app?.sendProxy === 'none' ? app.health.path : null;
    return path === null ? null : { host, url: `http://${host}${path}` };
  }
  const [name, scheme, path] = first;
  const whole = `${path?.startsWith('/') ? '' : '/'}${path}`;
  if (PATH.test(whole)) return { host, url: `${scheme}://${host}${whole}` };
  const message = `${name}: "${escapeText(whole.slice(0, 60))}" is not a path; a TCP connect is the check`;
  refusals.push({ message, hint: 'write a path such as /health' });
  return { host, url: null };
}

function hostOf({ address, port }: Place): string {
  return hostPort(address, port);
}

function healthCheckOf(container: Container, serviceId: string): WantedCheck | null {
  const { health, name } = container;
  if (health === 'none') return null;
  const output = `Docker says ${health} of container ${name}`;
  return {
    id: `${serviceId}/health`,
    name: 'HEALTHCHECK of the container',
    probe: { kind: 'ttl', ttl: HEALTH_TTL },
    deregisterAfter: null,
    told: { status: health === 'healthy' ? 'passing' : 'critical', output },
    initial: null,
  };
}

function initialFrom(written: string | null, refusals: Refusal[]): CheckStatus | null {
  if (written === null) return null;
  const text = written.trim().toLowerCase();
  if (text === 'passing' || text === 'warning' || text === 'critical') return text;
  const message = `SERVICE_CHECK_INITIAL_STATUS: "${escapeText(text.slice(0, 40))}" is not a status`;
  refusals.push({ message, hint: 'write passing, warning or critical' });
  return null;
}
