/** A domain of the site: names that one certificate serves, and whether it can. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Problem } from '../../src/model/problem.js';
import type { Certificate } from './certificate.js';
import { dayOf, dnsNamesOf, faultOfChain, readChain } from './certificate-chain.js';
import { coversName } from './name-cover.js';
import { type PemBlock, pemBlocksOf } from './pem-blocks.js';
import { isKey, readPrivateKey } from './private-key.js';

/** One text of PEM blocks: the chain, the key, or both. */
export interface PemFile {
  readonly file: string;
  readonly text: string;
}

/** As the site's file has it, its PEM files read. */
export interface Domain {
  /** What apps write as `tls.domain`. */
  readonly name: string;
  /** Names that are served with its certificate: hosts, or `*.` and a name; lower case, each once. */
  readonly names: readonly string[];
  /** The chain with the key, or the two of them in any order. */
  readonly pemFiles: readonly PemFile[];
  /** Where the site's file speaks of it. */
  readonly place: Place;
}

type Place = Pick<Problem, 'file' | 'line' | 'col'>;

export interface JudgedDomain {
  readonly name: string;
  readonly names: readonly string[];
  /** null: it has a fault, and no app that needs it can be served. */
  readonly certificate: Certificate | null;
  readonly problems: readonly Problem[];
}

export interface Today {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** A certificate that ends sooner is worth a warning. */
  readonly warnWithinMs: number;
}

const DAY_MS = 86_400_000;
/** Of one name the first certificate in the list would be served, and whose that is nobody wrote. */
const NAME_HINT = 'write each name in one domain';

/** In the order of the site's file; a name that an earlier domain has makes the later one faulty. */
export function judgeDomains(domains: readonly Domain[], today: Today): readonly JudgedDomain[] {
  const owners = new Map<string, string>();
  return domains.map((domain) => {
    const taken = domain.names.find((name) => owners.has(name));
    if (taken !== undefined) {
      return faulty(domain, domain.place, `${taken} is a name of ${owners.get(taken)} already`, NAME_HINT);
    }
    for (const name of domain.names) owners.set(name, domain.name);
    return judgeDomain(domain, today);
  });
}

/** Does the key fit, does the chain hold today, are all names of the domain in the certificate? */
export function judgeDomain(domain: Domain, today: Today): JudgedDomain {
  const blocks = domain.pemFiles.flatMap(({ file, text }) => pemBlocksOf(text, file));
  const key = readOnlyKey(domain, blocks);
  if ('problems' in key) return key;
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE');
  if (certificates.length === 0) {
    return faulty(domain, placeOfFiles(domain), 'there is no certificate', 'write the file that has it');
  }
  const links = readChain(certificates);
  if ('block' in links) return faulty(domain, placeOf(links.block), links.message, links.hint);
  const fault = faultOfChain(links, key, today.nowMs);
  if (fault !== null) return faulty(domain, placeOf(fault.block), fault.message, fault.hint);
  const [leaf] = links;
  if (leaf === undefined) throw new RangeError('a chain without certificates');
  const names = dnsNamesOf(leaf.certificate);
  const missing = domain.names.find((wanted) => !names.some((name) => coversName(name, wanted)));
  if (missing !== undefined) {
    const hint = `it has ${names.join(' ') || 'no DNS name'}`;
    return faulty(domain, domain.place, `the certificate does not cover ${missing}`, hint);
  }
  return {
    name: domain.name,
    names: domain.names,
    certificate: certificateFrom(
      links.map(({ certificate }) => certificate),
      key,
      names,
    ),
    problems: expiryWarnings(domain, leaf, today),
  };
}

function readOnlyKey(domain: Domain, blocks: readonly PemBlock[]): KeyObject | JudgedDomain {
  const keys = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'));
  const [block] = keys;
  if (block === undefined) {
    return faulty(domain, placeOfFiles(domain), 'there is no key', 'write the file that has it');
  }
  if (keys.length > 1) {
    return faulty(domain, placeOf(keys[1] ?? block), 'there are two keys', 'leave the one of the certificate');
  }
  const key = readPrivateKey(block);
  return isKey(key) ? key : faulty(domain, placeOf(block), key.message, key.hint);
}

/** Written anew, so that nothing reaches HAProxy but the blocks that were read. */
function certificateFrom(chain: readonly X509Certificate[], key: KeyObject, names: readonly string[]): Certificate {
  const blocks = [...chain.map(String), String(key.export({ type: 'pkcs8', format: 'pem' }))];
  const [leaf] = chain;
  return {
    pem: blocks.map((block) => `${block.trim()}\n`).join(''),
    names,
    // The chain holds as long as the first of it to end.
    notAfterMs: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    fingerprint256: leaf?.fingerprint256 ?? '',
  };
}

function expiryWarnings(
  domain: Domain,
  leaf: { readonly certificate: X509Certificate; readonly block: PemBlock },
  { nowMs, warnWithinMs }: Today,
): readonly Problem[] {
  const leftMs = Date.parse(leaf.certificate.validTo) - nowMs;
  if (leftMs > warnWithinMs) return [];
  const days = Math.floor(leftMs / DAY_MS);
  const message = `the certificate ends on ${dayOf(leaf.certificate.validTo)}, in ${days} ${days === 1 ? 'day' : 'days'}`;
  return [problemOf(domain, 'warning', placeOf(leaf.block), message, 'renew it')];
}

function faulty(domain: Domain, place: Place, message: string, hint: string): JudgedDomain {
  const { name, names } = domain;
  return { name, names, certificate: null, problems: [problemOf(domain, 'error', place, message, hint)] };
}

function problemOf(
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

function placeOfFiles({ pemFiles, place }: Domain): Place {
  const [first] = pemFiles;
  return first === undefined ? place : { file: first.file, line: null, col: null };
}
