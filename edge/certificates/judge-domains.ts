/** All domains of the site: each judged, the one at fault as it last served, and each name with one owner. */
import type { Release } from '../release/release.js';
import { type Domain, faulty, type JudgedDomain, judgeDomain, problemOf, type Today } from './domain.js';
import { lastGoodOf } from './last-good.js';
import { coversName } from './name-cover.js';

/** HAProxy serves the first certificate in its list that has a name, so two owners would depend on the order. */
const NAME_HINT = 'write each name in one domain';

/** @param current the release that is switched to; null: nothing served until now */
export function judgeDomains(
  domains: readonly Domain[],
  today: Today,
  current: Release | null = null,
): readonly JudgedDomain[] {
  const judged = domains.map((domain) => {
    const one = ofItsDomain(judgeDomain(domain, today), domain);
    return { domain, one: one.certificate === null ? (lastGoodOf(one, domain, current, today) ?? one) : one };
  });
  return withOwnNames(judged);
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
