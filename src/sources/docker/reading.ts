/** The half of the Docker source that decides and speaks to no engine: containers in, offers, claims and apps out. */
import type { GonePlace } from '../../core/lives.js';
import { hostPort } from '../../core/networks.js';
import type { Container } from '../../docker/container.js';
import type { App } from '../../model/app.js';
import { containerWords } from '../../model/container-words.js';
import type { Problem } from '../../model/problem.js';
import type { Claim, Offer, OfferedInstance, SourceReading, Withdrawal } from '../source.js';
import { appsFrom, isThere } from './apps.js';
import { answerOf } from './labels.js';

/** For so long it is told that a life is over: it is heard in a moment, and a list of all that ended would only grow. */
const TELL_GONE_MS = 60_000;

interface DockerReading {
  readonly reading: SourceReading;
  /** When the reading is another one though the engine says nothing, on the clock of the containers; null: never. */
  readonly changesAt: number | null;
}

/** One place of a container under the name of an app, and what is made of it. */
interface JudgedPlace {
  readonly app: string;
  readonly instance: OfferedInstance;
  /** Why it is not offered; null: it is. */
  readonly leftOut: string | null;
}

/**
 * @param containers all that the engine has or had lately, in any order
 * @param lastGood the apps of the reading before
 * @param now as `Container.since` counts
 * @param isRegistering the node puts containers into Consul too
 */
export function dockerReadingFrom(
  containers: readonly Container[],
  lastGood: readonly App[],
  now: number,
  isRegistering = false,
): DockerReading {
  const inOrder = oldestFirst(containers);
  const { apps, expired, changesAt, problems: ofApps } = appsFrom(inOrder, lastGood, now);
  const problems = inOrder.filter(isThere).flatMap((container) => {
    const { problems: ofLabels, unlessRegistering } = answerOf(container);
    return isRegistering ? ofLabels : [...ofLabels, ...unlessRegistering];
  });
  problems.push(...ofApps);
  const claims = claimsFrom(inOrder);
  const { offers, withdrawn } = offersFrom(inOrder, claims, problems);
  return {
    reading: {
      apps,
      offers,
      claims: [...claims.values()],
      gone: goneFrom(inOrder, now),
      problems,
      withdrawn: [...withdrawn, ...expired.map((app) => ({ app, instance: null }))],
    },
    changesAt,
  };
}

/** What a container offers, and what it does not offer at present. */
export function judgedPlacesOf(container: Container): readonly JudgedPlace[] {
  const { spots, weight, state } = answerOf(container);
  const { life, id, name } = container;
  const leftOut = reasonToLeaveOut(container);
  return spots.map(({ app, id: address, host, port }) => {
    const instance = { id: address, life, container: { id, name }, host, port, weight, state };
    return { app, instance, leftOut };
  });
}

/** Why a container gets nothing new; null: it may. */
function reasonToLeaveOut(container: Container): string | null {
  const { health } = container;
  const gone = reasonOfPhase(container);
  if (gone !== null) return gone;
  if (health === 'unhealthy') return 'its HEALTHCHECK says unhealthy';
  return health === 'starting' ? 'its HEALTHCHECK has not passed yet' : null;
}

/** Why it gets nothing new, against its own labels; null: it runs. */
export function reasonOfPhase({ phase, why }: Container): string | null {
  const because = why === '' ? '' : ` (${why})`;
  switch (phase) {
    case 'running':
      return null;
    case 'paused':
      return 'it is paused';
    case 'stopping':
      return `it is stopping${because}`;
    case 'ended':
      return `it has ended${because}`;
    case 'removed':
      return `it was removed${because}`;
  }
}

/** By the start of their lives: what an older one has, a younger one does not take away. */
function oldestFirst(containers: readonly Container[]): readonly Container[] {
  // `0123456789ab@2026-11-29T11:02:03.123456789Z`
  const startOf = ({ life }: Container): number => Date.parse(life.slice(life.indexOf('@') + 1)) || 0;
  const dated = containers.map((container) => ({ container, start: startOf(container) }));
  dated.sort((one, other) => one.start - other.start || (one.container.life < other.container.life ? -1 : 1));
  return dated.map(({ container }) => container);
}

interface Offers {
  readonly offers: readonly Offer[];
  readonly withdrawn: readonly Withdrawal[];
}

/** @param claims by address */
function offersFrom(inOrder: readonly Container[], claims: ReadonlyMap<string, Claim>, problems: Problem[]): Offers {
  const offers = new Map<string, OfferedInstance[]>();
  const holders = new Map<string, { readonly container: Container; readonly app: string }>();
  const withdrawn = new Map<string, Withdrawal>();
  for (const container of inOrder) {
    const { spots, lostHosts } = answerOf(container);
    for (const { app, port } of spots) {
      for (const host of lostHosts) {
        const instance = hostPort(host, port ?? 'native_port');
        withdrawn.set(`${app} ${instance}`, { app, instance });
      }
    }
    for (const { app, instance, leftOut } of judgedPlacesOf(container)) {
      const key = `${app} ${instance.id}`;
      if (leftOut !== null) {
        withdrawn.set(key, { app, instance: instance.id });
        continue;
      }
      const claim = claims.get(instance.host);
      if (claim !== undefined && claim.life !== container.life) {
        problems.push(elsewhereProblem(container, app, instance.id, claim));
        continue;
      }
      const holder = holders.get(instance.id);
      if (holder !== undefined) {
        problems.push(twiceProblem(container, app, instance.id, holder));
        continue;
      }
      holders.set(instance.id, { container, app });
      const offer = offers.get(app);
      if (offer === undefined) offers.set(app, [instance]);
      else offer.push(instance);
    }
  }
  const named = [...offers].map(([name, instances]) => ({ name, instances }));
  return {
    offers: named.sort((one, other) => (one.name < other.name ? -1 : 1)),
    withdrawn: [...withdrawn.values()],
  };
}

function twiceProblem(
  container: Container,
  app: string,
  address: string,
  holder: { readonly container: Container; readonly app: string },
): Problem {
  const message = `${address} of ${app} is the address of ${containerWords(holder.container)} of ${holder.app}, which is older and used`;
  const hint = 'stop one of the two, or give them ports of their own';
  return { severity: 'warning', app, file: containerWords(container), line: null, col: null, message, hint };
}

/** The engine says that another container is at this address. */
function elsewhereProblem(container: Container, app: string, address: string, claim: Claim): Problem {
  const owner = containerWords(claim.container);
  const message = `${address} of ${app} is the address of ${owner}, and this container is not reached there; it serves nothing`;
  const hint = answerOf(container).hosts.includes(claim.host)
    ? 'give the networks of this machine subnets of their own'
    : `give the labels to ${owner}, or correct autoproxy.address`;
  return { severity: 'warning', app, file: containerWords(container), line: null, col: null, message, hint };
}

function goneFrom(inOrder: readonly Container[], now: number): readonly GonePlace[] {
  return inOrder.flatMap((container): readonly GonePlace[] => {
    const { life, since } = container;
    if (isThere(container)) return answerOf(container).lostHosts.map((host) => ({ life, host }));
    return since + TELL_GONE_MS > now ? [{ life, host: null }] : [];
  });
}

/** Each address of this machine once: who is there goes before who leaves, and that before who has left. */
function claimsFrom(inOrder: readonly Container[]): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const container of inOrder) {
    if (container.isHostNetwork) continue;
    const { id, name, life } = container;
    const { names: apps, hosts, lostHosts } = answerOf(container);
    // Who names no app asks for nothing: whether it is well its own checks say.
    const why = apps.length === 0 ? reasonOfPhase(container) : reasonToLeaveOut(container);
    const standing = why === null ? 'running' : isThere(container) ? 'leaving' : 'gone';
    for (const host of hosts) {
      const known = claims.get(host);
      if (known !== undefined && RANKS[known.standing] > RANKS[standing]) continue;
      claims.set(host, { host, container: { id, name }, life, standing, apps, why: why ?? '' });
    }
    if (!isThere(container)) continue;
    for (const host of lostHosts) {
      if (claims.has(host)) continue;
      claims.set(host, {
        host,
        container: { id, name },
        life,
        standing: 'gone',
        apps,
        why: 'it was disconnected from this network',
      });
    }
  }
  // An address that a container says of itself is that of another one while that is there, and not after its end.
  for (const container of inOrder) {
    if (reasonToLeaveOut(container) !== null) continue;
    for (const { host } of answerOf(container).spots) if (claims.get(host)?.standing === 'gone') claims.delete(host);
  }
  return claims;
}

const RANKS = { running: 2, leaving: 1, gone: 0 } as const;
