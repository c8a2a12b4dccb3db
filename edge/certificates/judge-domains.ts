/** All domains of the site: each judged, the one at fault as it last served, and each name with one owner. */
import type { RouteHost } from '../../src/model/app-definition.js';
import { hostText } from '../../src/model/route-key.js';
import type { Release } from '../release/release.js';
import { type Domain, faulty, type JudgedDomain, judgeDomain, placeOfFiles, problemOf, type Today } from './domain.js';
import { DomainIndex } from './domain-index.js';
import { certificateFile, lastGoodOf } from './last-good.js';
import { coversName } from './name-cover.js';

/** HAProxy serves the first certificate in its list that has a name, so two owners would depend on the order. */
const NAME_HINT = 'write each name in one domain';

/**
 * @param current the release that is switched to; null: nothing served until now
 * @param hosts those with routes: a renewed certificate takes none of them off the front door
 */
export function judgeDomains(
  domains: readonly Domain[],
  today: Today,
  current: Release | null = null,
  hosts: readonly RouteHost[] = [],
): readonly JudgedDomain[] {
  const judged = domains.map((domain) => {
    const one = ofItsDomain(judgeDomain(domain, today), domain);
    return { domain, one: one.certificate === null ? (lastGoodOf(one, domain, current, today) ?? one) : one };
  });
  const owned = withOwnNames(judged);
  const uncovered = hosts.filter((host) => !isCovered(host, owned));
  if (uncovered.length === 0) return owned;
  return withOwnNames(
    judged.map(({ domain, one }) => ({ domain, one: withoutLoss(one, domain, uncovered, current, today) })),
  );
}

function isCovered(host: RouteHost, domains: readonly JudgedDomain[]): boolean {
  const domain = new DomainIndex(domains).forHost(host);
  return domain !== null && domain.certificate !== null;
}

/** A certificate without a name that has routes waits while the last good one, which has the name, holds. */
function withoutLoss(
  one: JudgedDomain,
  domain: Domain,
  uncovered: readonly RouteHost[],
  current: Release | null,
  today: Today,
): JudgedDomain {
  const { certificate } = one;
  if (certificate === null || domain.names.length > 0) return one;
  // Nothing to read again: a site of thousands of domains renews a few of them at a time.
  if (current?.files.get(certificateFile(domain.name)) === certificate.pem) return one;
  const refuse = (lost: readonly RouteHost[]): JudgedDomain => {
    const named = lost.slice(0, 5).map(hostText).join(', ');
    const message = `the certificate does not cover ${named}${lost.length > 5 ? ', ...' : ''} any more, which has routes`;
    const hint = `it has ${certificate.names.join(' ')}; renew it with all names, or remove the routes`;
    return faulty(domain, placeOfFiles(domain), message, hint);
  };
  const before = lastGoodOf(refuse(uncovered), domain, current, today);
  const lost = before === null ? [] : uncovered.filter((host) => isCovered(host, [before]));
  return lost.length === 0 ? one : (lastGoodOf(refuse(lost), domain, current, today) ?? one);
}

/**
 * A certificate that holds and has no name of its domain is that of a mixed-up file. Without names in the site it would
 * take all hosts of the domain away.
 */
function ofItsDomain(one: JudgedDomain, domain: Domain): JudgedDomain {
  const { name, names } = domain;
  if (one.certificate === null || names.length > 0) return one;
  if (one.names.some((covered) => covered.endsWith(`.${name}`) || coversName(covered, name))) return one;
  const hint = `it has ${one.certificate.names.join(' ')}; if it is the right one, write its hosts: names: [...]`;
  return faulty(domain, domain.place, 'the certificate has no name of this domain', hint);
}

interface Judged {
  readonly domain: Domain;
  readonly one: JudgedDomain;
}

/**
 * A name that the site's file has goes before one that a certificate brings along, and that before one which is only
 * likely: a certificate with one name more takes nothing from another domain.
 */
function withOwnNames(judged: readonly Judged[]): readonly JudgedDomain[] {
  const owners = new Map<string, string>();
  const owned = new Map<Domain, JudgedDomain>();
  for (const entry of judged.toSorted((one, other) => rank(one) - rank(other)))
    owned.set(entry.domain, own(entry, owners));
  return judged.map(({ domain, one }) => owned.get(domain) ?? one);
}

function rank({ domain, one }: Judged): number {
  if (domain.names.length > 0) return 0;
  return one.certificate === null ? 2 : 1;
}

function own({ domain, one }: Judged, owners: Map<string, string>): JudgedDomain {
  const free = one.names.filter((name) => !owners.has(name));
  const taken = one.names.find((name) => owners.has(name));
  if (taken !== undefined && one.certificate !== null) {
    const message = `${taken} is a name of ${owners.get(taken)} already`;
    if (domain.names.length > 0 || free.length === 0) return faulty(domain, domain.place, message, NAME_HINT);
    const warning = problemOf(domain, 'warning', domain.place, `${message} and stays there`, NAME_HINT);
    for (const name of free) owners.set(name, one.name);
    return { ...one, names: free, problems: [...one.problems, warning] };
  }
  for (const name of free) owners.set(name, one.name);
  return taken === undefined ? one : { ...one, names: free };
}
