/** A domain of the site: names that one certificate serves, and whether it can. */
import type { KeyObject } from 'node:crypto';
import type { Refusal } from '../../src/core/refusal.js';
import { parseRouteHost } from '../../src/documents/route-host.js';
import type { Problem } from '../../src/model/problem.js';
import type { Certificate } from './certificate.js';
import {
  type ChainLink,
  chainsOf,
  datedLinks,
  dayOf,
  dnsNamesOf,
  faultOfChain,
  isIssuerMissing,
  readChain,
} from './certificate-chain.js';
import { coversName } from './name-cover.js';
import { faultOfPem, isCertificate, isPrivateKey, type PemBlock, pemBlocksOf } from './pem-blocks.js';
import { isKey, readPrivateKey } from './private-key.js';

/** One text of PEM blocks: the chain, the key, or both. */
export interface PemFile {
  readonly file: string;
  readonly text: string;
}

/** The reason why a file could not be read. */
export interface UnreadablePemFile extends Refusal {
  readonly file: string;
}

/** As the site's file has it, its PEM files read. */
export interface Domain {
  /** What apps write as `tls.domain`. */
  readonly name: string;
  /** Names that are served with its certificate: hosts, or `*.` and a name; lower case, each once. Empty: all of it. */
  readonly names: readonly string[];
  /** The chain with the key, or the two of them in any order. */
  readonly pemFiles: readonly PemFile[];
  /** Set when a file could not be read; what is in the others says nothing then. */
  readonly unreadable?: UnreadablePemFile | null;
  /** Where the site's file speaks of it. */
  readonly place: Place;
}

type Place = Pick<Problem, 'file' | 'line' | 'col'>;

export interface JudgedDomain {
  readonly name: string;
  /** What it serves; of one that is at fault and says no names, those that are likely. */
  readonly names: readonly string[];
  /** null: it has a fault, and no app that needs it can be served. */
  readonly certificate: Certificate | null;
  /** For the same names, with a key of the other kind (RSA, ECDSA): each client gets the one that it can read. */
  readonly alternate: Certificate | null;
  readonly problems: readonly Problem[];
}

export interface Today {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** A certificate that ends sooner is worth a warning. */
  readonly warnWithinMs: number;
}

const DAY_MS = 86_400_000;

/** Does the key fit, does the chain hold today, are all names of the domain in the certificate? */
export function judgeDomain(domain: Domain, today: Today): JudgedDomain {
  const { unreadable = null } = domain;
  if (unreadable !== null) {
    return faulty(domain, { file: unreadable.file, line: null, col: null }, unreadable.message, unreadable.hint);
  }
  for (const { file, text } of domain.pemFiles) {
    const fault = faultOfPem(text);
    if (fault !== null) return faulty(domain, { file, line: fault.line, col: null }, fault.message, fault.hint);
  }
  const blocks = domain.pemFiles.flatMap(({ file, text }) => pemBlocksOf(text, file));
  const keys = readKeys(domain, blocks);
  if ('problems' in keys) return keys;
  const certificates = blocks.filter(isCertificate);
  if (certificates.length === 0) {
    return faulty(
      domain,
      placeOfFiles(domain),
      `the files have no certificate${onlyOf(blocks)}`,
      'name the file that has it',
    );
  }
  const links = readChain(certificates);
  if ('block' in links) return faulty(domain, placeOf(links.block), links.message, links.hint);
  const chains = chainsOf(links, keys);
  const covered = chains.map(({ links: [leaf] }) => (leaf === undefined ? [] : dnsNamesOf(leaf.certificate)));
  const named = { ...domain, names: domain.names.length > 0 ? domain.names : hostsAmong(covered.flat()) };
  for (const { links, key } of chains) {
    const fault = faultOfChain(links, key, today.nowMs);
    if (fault !== null) return faulty(named, placeOf(fault.block), fault.message, fault.hint);
  }
  const wanted = named.names.length > 0 ? named.names : [domain.name];
  for (const [index, names] of covered.entries()) {
    const missing = wanted.find((name) => !names.some((one) => coversName(one, name)));
    if (missing === undefined) continue;
    const hint = `it has ${names.join(' ') || 'no DNS name'}`;
    const which = chains.length > 1 ? ` of the ${kindOf(chains[index]?.key)} key` : '';
    return faulty(named, domain.place, `the certificate${which} does not cover ${missing}`, hint);
  }
  const [certificate = null, alternate = null] = chains.map(({ links, key }, index) =>
    certificateFrom(links, key, covered[index] ?? []),
  );
  const problems = chains.flatMap(({ links }) => warningsOf(domain, links, today));
  return { name: domain.name, names: named.names, certificate, alternate, problems };
}

/** Leaves out names that the edge cannot serve: addresses, and names with "*" inside. */
function hostsAmong(names: readonly string[]): readonly string[] {
  const hosts = names.flatMap((name) => {
    const host = parseRouteHost(name);
    if ('message' in host || host.kind === 'regex') return [];
    return [host.kind === 'exact' ? host.host : `*.${host.suffix}`];
  });
  return [...new Set(hosts)].sort();
}

/** One key, or one of RSA and one on a curve; the same one may stand there twice. */
function readKeys(domain: Domain, blocks: readonly PemBlock[]): readonly KeyObject[] | JudgedDomain {
  const keys: KeyObject[] = [];
  for (const block of blocks.filter(isPrivateKey)) {
    const key = readPrivateKey(block);
    if (!isKey(key)) return faulty(domain, placeOf(block), key.message, key.hint);
    if (keys.some((other) => other.equals(key))) continue;
    if (keys.some((other) => other.asymmetricKeyType === key.asymmetricKeyType)) {
      const hint = 'keep only the key of the certificate; two keys are allowed if one is RSA and one ECDSA';
      return faulty(domain, placeOf(block), `the files have two keys of the kind ${kindOf(key)}`, hint);
    }
    keys.push(key);
  }
  if (keys.length > 0) return keys;
  return faulty(domain, placeOfFiles(domain), `the files have no key${onlyOf(blocks)}`, 'name the file that has it');
}

function kindOf(key: KeyObject | undefined): string {
  return key?.asymmetricKeyType === 'rsa' ? 'RSA' : 'ECDSA';
}

/** What the files have in place of what is missed, for the message. */
function onlyOf(blocks: readonly PemBlock[]): string {
  const labels = new Set(blocks.map(({ label }) => label.slice(0, 40)));
  return labels.size === 0 ? '' : `, only ${[...labels].join(', ')}`;
}

/** Written anew, so that nothing reaches HAProxy but the blocks that were read. */
function certificateFrom(links: readonly ChainLink[], key: KeyObject, names: readonly string[]): Certificate {
  const chain = links.map(({ certificate }) => String(certificate));
  const blocks = [...chain, String(key.export({ type: 'pkcs8', format: 'pem' }))];
  return {
    pem: blocks.map((block) => `${block.trim()}\n`).join(''),
    names,
    notAfterMs: endOf(firstToEnd(links)),
    kind: key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ecdsa',
    fingerprint256: links[0]?.certificate.fingerprint256 ?? '',
  };
}

/** The chain holds as long as the first of it to end. */
function firstToEnd(links: readonly ChainLink[]): ChainLink {
  return datedLinks(links).reduce((one, other) => (endOf(other) < endOf(one) ? other : one));
}

function endOf({ certificate }: ChainLink): number {
  return Date.parse(certificate.validTo);
}

function warningsOf(domain: Domain, links: readonly ChainLink[], { nowMs, warnWithinMs }: Today): readonly Problem[] {
  const warn = (link: ChainLink, message: string, hint: string): Problem =>
    problemOf(domain, 'warning', placeOf(link.block), message, hint);
  const problems: Problem[] = [];
  const first = firstToEnd(links);
  if (endOf(first) - nowMs <= warnWithinMs) {
    const what = first === links[0] ? 'the certificate' : 'a certificate of the chain';
    const days = Math.floor((endOf(first) - nowMs) / DAY_MS);
    const when = `ends on ${dayOf(first.certificate.validTo)}, in ${days} ${days === 1 ? 'day' : 'days'}`;
    problems.push(warn(first, `${what} ${when}`, 'renew it'));
  }
  const last = links.at(-1);
  if (last !== undefined && isIssuerMissing(links)) {
    const message = `the issuer of the last certificate is not in the file: ${oneLine(last.certificate.issuer)}`;
    const hint = 'append it: clients without it refuse the chain; where it is a root of your own, append that root';
    problems.push(warn(last, message, hint));
  }
  return problems;
}

function oneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll('\n', ', ').slice(0, 200);
}

export function faulty(domain: Domain, place: Place, message: string, hint: string): JudgedDomain {
  const { name } = domain;
  const names = domain.names.length > 0 ? domain.names : [name, `*.${name}`];
  return {
    name,
    names,
    certificate: null,
    alternate: null,
    problems: [problemOf(domain, 'error', place, message, hint)],
  };
}

export function problemOf(
  { name }: Domain,
  severity: Problem['severity'],
  place: Place,
  message: string,
  hint: string,
): Problem {
  return { severity, app: null, ...place, message: `domain ${name}: ${message}`, hint };
}

function placeOf({ file, line }: PemBlock): Place {
  return { file, line, col: 1 };
}

export function placeOfFiles({ pemFiles, place }: Domain): Place {
  const [first] = pemFiles;
  return first === undefined ? place : { file: first.file, line: null, col: null };
}
