/** The last good state as text; the half that touches no disk. */
import * as z from 'zod';
import { MAX_DURATION_MS } from '../core/durations.js';
import { parseNetwork } from '../core/networks.js';
import { parseInstanceAddress } from '../model/address.js';
import { ADMIN_STATES, APP_DEFAULTS, type App, BALANCES, PROTOCOLS, PROXY_VERSIONS, REUSES } from '../model/app.js';
import type { Offer } from '../sources/source.js';

/** The newest form, and that which has nothing of containers: earlier releases read it. */
const VERSION = 2;
const WITHOUT_CONTAINERS = 1;

const text = z.string().min(1).max(4_096);
const count = z.int().min(0);
const durationMs = z.int().min(0).max(MAX_DURATION_MS);
const port = z.int().min(1).max(65_535);

/** What would be in force if no source could be read. */
export interface StoredState {
  readonly apps: readonly App[];
  readonly offers: readonly Offer[];
}

const container = z.strictObject({ id: text, name: text }).nullable();

const instance = z
  .strictObject({
    id: text,
    host: text,
    port,
    // Absent where no container is known.
    life: text.nullable().default(null),
    container: container.default(null),
    weight: z.int().min(0).max(256),
    state: z.enum(ADMIN_STATES),
  })
  .refine(
    (value) => {
      const address = parseInstanceAddress(value.id);
      return 'id' in address && address.host === value.host && address.port === value.port;
    },
    { message: 'id, host and port do not belong together' },
  );

const app = z.strictObject({
  name: text,
  protocol: z.enum(PROTOCOLS),
  nativePort: port.nullable(),
  // The health port is the next one.
  slot: z.int().min(1).max(65_534),
  internal: z.boolean(),
  accessLog: z.boolean(),
  // Absent in what an older version wrote.
  logSample: z.int().min(1).default(APP_DEFAULTS.logSample),
  hostFilter: text.nullable(),
  acceptProxy: z.boolean().nullable(),
  trustedProxies: z.array(z.string().refine((value) => parseNetwork(value) !== null, { message: 'is not a network' })),
  sendProxy: z.enum(PROXY_VERSIONS),
  balance: z.enum(BALANCES),
  reuse: z.enum(REUSES).default(APP_DEFAULTS.reuse),
  retries: count,
  health: z.strictObject({
    path: text.nullable(),
    intervalMs: durationMs.min(1),
    timeoutMs: durationMs.min(1),
    rise: z.int().min(1),
    fall: z.int().min(1),
  }),
  timeouts: z.strictObject({
    requestHeadMs: durationMs,
    connectMs: durationMs,
    firstByteMs: durationMs,
    clientIdleMs: durationMs,
    upstreamIdleMs: durationMs,
    queueMs: durationMs,
    tunnelMs: durationMs,
    drainMs: durationMs,
  }),
  limits: z.strictObject({ connections: count, queue: count }),
  // Files of earlier releases have none.
  maxClients: count.default(APP_DEFAULTS.maxClients),
  stickyCookie: text.nullable(),
  slowStartMs: durationMs,
  instances: z
    .array(instance)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, { message: 'an id appears twice' }),
  origin: z.strictObject({
    source: text,
    location: text,
    line: count.nullable(),
    col: count.nullable(),
    index: count.exactOptional(),
  }),
});

const offer = z.strictObject({
  name: text,
  instances: z.array(
    z.strictObject({
      id: text,
      host: text.refine((host) => parseNetwork(host) !== null, { message: 'is not an address' }),
      port: port.nullable(),
      life: text.nullable().default(null),
      container: container.default(null),
      weight: z.int().min(0).max(256),
      state: z.enum(ADMIN_STATES),
    }),
  ),
});

const document = z.strictObject({
  version: z.union([z.literal(VERSION), z.literal(WITHOUT_CONTAINERS)]),
  /** For people. */
  savedAt: z.string().max(64),
  apps: z
    .array(app)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, { message: 'a name appears twice' }),
  offers: z.array(offer).default([]),
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
  const versioned = z.object({ version: z.int() }).safeParse(value);
  if (versioned.success && ![VERSION, WITHOUT_CONTAINERS].includes(versioned.data.version)) {
    return `it is of version ${versioned.data.version}; this program reads versions ${WITHOUT_CONTAINERS} and ${VERSION}`;
  }
  const parsed = document.safeParse(value);
  if (parsed.success) return { apps: parsed.data.apps, offers: parsed.data.offers };
  const issue = parsed.error.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has another form'}`;
}

/** What nobody knows of the container of an instance is not written. */
function withoutUnknown(key: string, value: unknown): unknown {
  return value === null && (key === 'life' || key === 'container') ? undefined : value;
}
