/** The last good state as text; the half that touches no disk. */
import * as v from 'valibot';
import { MAX_DURATION_MS } from '../core/durations.js';
import { parseNetwork } from '../core/networks.js';
import { issueLine } from '../core/shapes.js';
import { parseInstanceAddress } from '../model/address.js';
import { ADMIN_STATES, APP_DEFAULTS, type App, BALANCES, PROTOCOLS, PROXY_VERSIONS, REUSES } from '../model/app.js';
import type { Offer } from '../sources/source.js';

/** The newest form, and that which has nothing of containers: earlier releases read it. */
const VERSION = 2;
const WITHOUT_CONTAINERS = 1;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096));
const count = from(0);
const durationMs = between(0, MAX_DURATION_MS);
const checkMs = between(1, MAX_DURATION_MS);
const port = between(1, 65_535);
const weight = between(0, 256);

function from(least: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(least));
}

function between(least: number, most: number) {
  return v.pipe(from(least), v.maxValue(most));
}

/** What would be in force if no source could be read. */
export interface StoredState {
  readonly apps: readonly App[];
  readonly offers: readonly Offer[];
}

const container = v.nullable(v.strictObject({ id: text, name: text }));

const instance = v.pipe(
  v.strictObject({
    id: text,
    host: text,
    port,
    // Absent where no container is known.
    life: v.optional(v.nullable(text), null),
    container: v.optional(container, null),
    weight,
    state: v.picklist(ADMIN_STATES),
  }),
  v.check(({ id, host, port: own }) => {
    const address = parseInstanceAddress(id);
    return 'id' in address && address.host === host && address.port === own;
  }, 'id, host and port do not belong together'),
);

const app = v.strictObject({
  name: text,
  protocol: v.picklist(PROTOCOLS),
  nativePort: v.nullable(port),
  // The health port is the next one.
  slot: between(1, 65_534),
  internal: v.boolean(),
  accessLog: v.boolean(),
  // Absent in what an older version wrote.
  logSample: v.optional(from(1), APP_DEFAULTS.logSample),
  trace: v.optional(v.boolean(), APP_DEFAULTS.trace),
  requestIdField: v.optional(v.nullable(text), APP_DEFAULTS.requestIdField),
  hostFilter: v.nullable(text),
  acceptProxy: v.nullable(v.boolean()),
  trustedProxies: v.array(
    v.pipe(
      v.string(),
      v.check((value) => parseNetwork(value) !== null, 'is not a network'),
    ),
  ),
  sendProxy: v.picklist(PROXY_VERSIONS),
  balance: v.picklist(BALANCES),
  reuse: v.optional(v.picklist(REUSES), APP_DEFAULTS.reuse),
  retries: count,
  health: v.strictObject({
    path: v.nullable(text),
    intervalMs: checkMs,
    timeoutMs: checkMs,
    rise: from(1),
    fall: from(1),
  }),
  timeouts: v.strictObject({
    requestHeadMs: durationMs,
    connectMs: durationMs,
    firstByteMs: durationMs,
    clientIdleMs: durationMs,
    upstreamIdleMs: durationMs,
    queueMs: durationMs,
    tunnelMs: durationMs,
    drainMs: durationMs,
  }),
  limits: v.strictObject({ connections: count, queue: count }),
  // Files of earlier releases have none.
  maxClients: v.optional(count, APP_DEFAULTS.maxClients),
  stickyCookie: v.nullable(text),
  slowStartMs: durationMs,
  instances: v.pipe(
    v.array(instance),
    v.check((list) => new Set(list.map(({ id }) => id)).size === list.length, 'an id appears twice'),
  ),
  origin: v.strictObject({
    source: text,
    location: text,
    line: v.nullable(count),
    col: v.nullable(count),
    index: v.exactOptional(count),
  }),
});

const offer = v.strictObject({
  name: text,
  instances: v.array(
    v.strictObject({
      id: text,
      host: v.pipe(
        text,
        v.check((host) => parseNetwork(host) !== null, 'is not an address'),
      ),
      port: v.nullable(port),
      life: v.optional(v.nullable(text), null),
      container: v.optional(container, null),
      weight,
      state: v.picklist(ADMIN_STATES),
    }),
  ),
});

const document = v.strictObject({
  version: v.union([v.literal(VERSION), v.literal(WITHOUT_CONTAINERS)]),
  /** For people. */
  savedAt: v.pipe(v.string(), v.maxLength(64)),
  apps: v.pipe(
    v.array(app),
    v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, 'a name appears twice'),
  ),
  offers: v.optional(v.array(offer), []),
});

/** @param savedAt ISO 8601 */
export function storedStateToJson({ apps, offers }: StoredState, savedAt: string): string {
  const hasLives = apps.some(({ instances }) => instances.some(({ life, container }) => life ?? container));
  const isPlain = !hasLives && offers.length === 0;
  const state = isPlain ? { version: WITHOUT_CONTAINERS, savedAt, apps } : { version: VERSION, savedAt, apps, offers };
  return `${JSON.stringify(state, withoutUnknown)}\n`;
}

/** @returns the state, or one line that says why the text holds none. Half a state is none. */
export function storedStateFromJson(json: string): StoredState | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json === '' ? 'it is empty' : 'it is not JSON, or was cut off';
  }
  const versioned = v.safeParse(v.object({ version: v.number() }), value);
  if (versioned.success && ![VERSION, WITHOUT_CONTAINERS].includes(versioned.output.version)) {
    return `it is of version ${versioned.output.version}; this program reads versions ${WITHOUT_CONTAINERS} and ${VERSION}`;
  }
  const { success, output, issues } = v.safeParse(document, value);
  return success ? { apps: output.apps, offers: output.offers } : issueLine(issues, 'the document');
}

/** What nobody knows of the container of an instance is not written. */
function withoutUnknown(key: string, value: unknown): unknown {
  return value === null && (key === 'life' || key === 'container') ? undefined : value;
}
