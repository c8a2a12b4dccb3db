/**
 * Of two rollouts of one app at one time, the later one is refused before it changes anything. Each keeps a config in the
 * Swarm while it goes on; one whose process was killed is renewed no more, and lapses.
 *
 * This keeps people from surprises, not the Swarm from harm: each update of a service still names the version that it was
 * planned against.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createKeyedObject } from '../core/keyed-object.js';
import type { DockerConnection } from '../docker/connection.js';
import { DockerFailure } from '../docker/failure.js';
import {
  createConfig,
  engineTime,
  listConfigs,
  removeConfig,
  type SwarmConfig,
  updateConfig,
} from '../docker/swarm-configs.js';

/** Labels of a claim. */
const APPS = 'com.autoproxy.apply';
const BY = 'com.autoproxy.by';
/** In place of names: all apps. */
const ALL = '*';
const RENEW_MS = 5_000;
/** Three renewals may be lost, as at a restart of the manager. */
const LAPSE_MS = 20_000;
const RELEASE_MS = 5_000;

interface ClaimWords {
  /** Empty: all. */
  readonly apps: readonly string[];
  /** `ops@build-1`. */
  readonly by: string;
}

/** Somebody else's rollout goes on. */
export class ApplyGoesOn extends Error {
  /** When it lapses, if its process was killed. */
  readonly lapsesInMs: number;

  constructor(message: string, lapsesInMs: number) {
    super(message);
    this.lapsesInMs = lapsesInMs;
  }
}

/** This process stood still for so long that its claim lapsed, and others may have begun a rollout since. */
export class ClaimLost extends Error {}

/**
 * Does the work while no other one of these apps is under way.
 * @param work may ask before each change whether the claim still stands
 * @throws ApplyGoesOn when one is; DockerFailure
 */
export async function whileClaimed<T>(
  connection: DockerConnection,
  words: ClaimWords,
  signal: AbortSignal,
  work: (confirm: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const id = await claim(connection, words, signal);
  if (id === null) return work(async () => {});
  const end = new AbortController();
  const renewal = renew(connection, id, end.signal);
  try {
    await refuseLater(connection, id, signal);
    return await work(() => confirm(connection, id, signal));
  } finally {
    end.abort();
    await renewal;
    // Also after an interrupt, whose signal ends all calls. One that stays lapses.
    await removeConfig(connection, id, AbortSignal.timeout(RELEASE_MS)).catch(() => {});
  }
}

/** @returns null where something before the engine lets no configs through */
async function claim(
  connection: DockerConnection,
  { apps, by }: ClaimWords,
  signal: AbortSignal,
): Promise<string | null> {
  const labels = { [APPS]: apps.length === 0 ? ALL : [...apps].sort().join(','), [BY]: by };
  // Each has a name of its own, since the oldest one counts, and a config may not be empty.
  const name = `autoproxy-apply-${randomBytes(8).toString('hex')}`;
  const spec = { Name: name, Labels: labels, Data: Buffer.from('a rollout').toString('base64') };
  try {
    return await createConfig(connection, spec, signal);
  } catch (error) {
    if (error instanceof DockerFailure && error.kind === 'denied') return null;
    throw error;
  }
}

async function refuseLater(connection: DockerConnection, own: string, signal: AbortSignal): Promise<void> {
  const claims = await listConfigs(connection, APPS, signal);
  const now = await engineTime(connection, signal);
  for (const { id, updatedAt } of claims) if (now - updatedAt > LAPSE_MS) await removeConfig(connection, id, signal);
  const rival = rivalOf(claims, own, now);
  if (rival === null) return;
  const { labels, createdAt, updatedAt } = rival;
  const apps = labels.get(APPS) === ALL ? 'all apps' : labels.get(APPS);
  const since = new Date(createdAt).toISOString();
  throw new ApplyGoesOn(
    `a rollout of ${apps} goes on, begun by ${labels.get(BY) ?? 'somebody'} at ${since}`,
    Math.max(0, LAPSE_MS - (now - updatedAt)),
  );
}

type Claim = Pick<SwarmConfig, 'id' | 'labels' | 'createdAt' | 'updatedAt'>;

/** @returns the oldest living claim of the same apps that is older than one's own; null: one's own is the oldest */
export function rivalOf<T extends Claim>(claims: readonly T[], own: string, now: number): T | null {
  const mine = claims.find(({ id }) => id === own);
  if (mine === undefined) return null;
  const older = claims
    .filter((one) => one.id !== own && now - one.updatedAt <= LAPSE_MS && isSameApp(one, mine) && isOlder(one, mine))
    .sort((one, other) => (isOlder(one, other) ? -1 : 1));
  return older[0] ?? null;
}

function isOlder(one: Claim, other: Claim): boolean {
  return one.createdAt === other.createdAt ? one.id < other.id : one.createdAt < other.createdAt;
}

function isSameApp(one: Claim, other: Claim): boolean {
  const [left, right] = [namesIn(one), namesIn(other)];
  return left.has(ALL) || right.has(ALL) || [...left].some((name) => right.has(name));
}

function namesIn({ labels }: Claim): ReadonlySet<string> {
  return new Set((labels.get(APPS) ?? '').split(','));
}

/** The next rollout removes a claim that has lapsed. @throws ClaimLost; DockerFailure */
async function confirm(connection: DockerConnection, own: string, signal: AbortSignal): Promise<void> {
  const claims = await listConfigs(connection, APPS, signal);
  if (!claims.some(({ id }) => id === own))
    throw new ClaimLost('this rollout stood still for over 20 s, and another one has begun since');
}

/** A renewal that fails is tried again: the manager may be restarting. */
async function renew(connection: DockerConnection, id: string, signal: AbortSignal): Promise<void> {
  for (let round = 1; ; round += 1) {
    try {
      await delay(RENEW_MS, undefined, { signal });
      const own = (await listConfigs(connection, APPS, signal)).find((one) => one.id === id);
      if (own === undefined) return;
      const labels = createKeyedObject([...own.labels, ['com.autoproxy.renewed', String(round)]]);
      await updateConfig(connection, own, { ...own.spec, Labels: labels }, signal);
    } catch {
      if (signal.aborted) return;
    }
  }
}
