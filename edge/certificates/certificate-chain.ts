/** A chain as TLS sends it (RFC 8446, 4.4.2): the certificate of the key first, then each the issuer of the one before. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Refusal } from '../../src/core/refusal.js';
import type { PemBlock } from './pem-blocks.js';
import { isIssuedByPublicRoot, isPublicRoot } from './public-roots.js';
import { weakSignatureHashOf } from './signature-algorithm.js';

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';

export interface ChainLink {
  readonly certificate: X509Certificate;
  readonly block: PemBlock;
}

/** A refusal with the block that it is about. */
interface ChainFault extends Refusal {
  readonly block: PemBlock;
}

export function readChain(blocks: readonly PemBlock[]): readonly ChainLink[] | ChainFault {
  const links: ChainLink[] = [];
  for (const block of blocks) {
    try {
      links.push({ certificate: new X509Certificate(block.text), block });
    } catch {
      const hint = 'copy the file again; openssl x509 -in FILE -noout -text has to read it';
      return { message: 'a certificate is unreadable', hint, block };
    }
  }
  return links;
}

interface KeyedChain {
  readonly key: KeyObject;
  readonly links: readonly ChainLink[];
}

/**
 * Each key with its certificate and those that follow, up to the certificate of the other key. A certificate that stands
 * in a chain twice counts once: the leaf in one file, the leaf with its chain in another.
 */
export function chainsOf(links: readonly ChainLink[], keys: readonly KeyObject[]): readonly KeyedChain[] {
  const owners = links.map(({ certificate }) => keys.find((key) => certificate.checkPrivateKey(key)) ?? null);
  return keys.map((key) => {
    if (keys.length === 1 || !owners.includes(key)) return { key, links: withoutTwins(links) };
    // What follows a leaf belongs to it.
    let owner: KeyObject | null = null;
    const own = links.filter((_, index) => {
      owner = owners[index] ?? owner;
      return owner === key;
    });
    return { key, links: withoutTwins(own) };
  });
}

function withoutTwins(links: readonly ChainLink[]): readonly ChainLink[] {
  return links.filter(
    ({ certificate }, index) => links.findIndex((other) => other.certificate.raw.equals(certificate.raw)) === index,
  );
}

/** @returns the first fault of the chain, or null; `links` has at least one */
export function faultOfChain(links: readonly ChainLink[], key: KeyObject, nowMs: number): ChainFault | null {
  const [leaf] = links;
  if (leaf === undefined) throw new RangeError('a chain without certificates');
  return (
    faultOfLeaf(leaf, links, key) ??
    links.map((link, index) => faultOfLink(link, links[index + 1], index, nowMs)).find((fault) => fault !== null) ??
    null
  );
}

function faultOfLeaf(leaf: ChainLink, links: readonly ChainLink[], key: KeyObject): ChainFault | null {
  const { certificate, block } = leaf;
  if (!certificate.checkPrivateKey(key)) {
    const fitting = links.find((link) => link.certificate.checkPrivateKey(key));
    if (fitting !== undefined) {
      const hint = 'put the certificate of the key first, then its issuer, then the issuer of that';
      return { message: 'the certificate of the key is not the first one', hint, block: fitting.block };
    }
    const hint = 'name the key that the certificate was requested with';
    return { message: 'the key does not belong to the certificate', hint, block };
  }
  const usages: readonly string[] | undefined = certificate.keyUsage;
  if (usages !== undefined && !usages.includes(SERVER_AUTHENTICATION)) {
    return { message: 'the certificate is not for servers', hint: 'request one with serverAuth', block };
  }
  return null;
}

function faultOfLink(link: ChainLink, issuer: ChainLink | undefined, index: number, nowMs: number): ChainFault | null {
  const { certificate, block } = link;
  const what = index === 0 ? 'the certificate' : 'a certificate of the chain';
  const refuse = (message: string, hint: string): ChainFault => ({ message: `${what} ${message}`, hint, block });
  if (index === 0 || !isTrustAnchor(certificate)) {
    if (Date.parse(certificate.validTo) <= nowMs) return refuse(`expired on ${dayOf(certificate.validTo)}`, 'renew it');
    if (Date.parse(certificate.validFrom) > nowMs) {
      return refuse(`is not valid before ${dayOf(certificate.validFrom)}`, 'wait, or set the clock');
    }
    const hash = weakSignatureHashOf(certificate.raw);
    if (hash !== null) return refuse(`is signed with ${hash}, which clients reject`, 'request one with SHA-256');
  }
  if (index > 0 && !certificate.ca) {
    return refuse(
      'is not the certificate of an authority',
      'keep only one server certificate in the file, as the first',
    );
  }
  if (issuer !== undefined && !isIssuedBy(certificate, issuer.certificate)) {
    return {
      ...refuse('is not issued by the next one', 'put each certificate behind the one it issued'),
      block: issuer.block,
    };
  }
  return null;
}

/**
 * Path validation takes a name and a key from the trust anchor (RFC 5280, 6.1.1 d) and ignores its dates and its
 * signature: the anchor is not part of the path.
 */
function isTrustAnchor(certificate: X509Certificate): boolean {
  return isSelfSigned(certificate) || isPublicRoot(certificate);
}

/** The certificates whose dates count: the leaf, and each of the chain except a trust anchor. */
export function datedLinks(links: readonly ChainLink[]): readonly ChainLink[] {
  return links.filter(({ certificate }, index) => index === 0 || !isTrustAnchor(certificate));
}

/** Clients that do not have the issuer already end with "unable to get local issuer certificate". */
export function isIssuerMissing(links: readonly ChainLink[]): boolean {
  const last = links.at(-1)?.certificate;
  return last !== undefined && !isTrustAnchor(last) && !isIssuedByPublicRoot(last);
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

export function dayOf(time: string): string {
  return new Date(Date.parse(time)).toISOString().slice(0, 10);
}

/** DNS names of the leaf, in lower case, sorted; the subject's common name counts no more (RFC 9525, 2). */
export function dnsNamesOf({ subjectAltName }: X509Certificate): readonly string[] {
  // Node writes a name with a comma or a quote in it as a JSON string, the comma as \u002c: so no name brings another one along.
  const names = (subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => /^DNS:([^"]+)$/.exec(name)?.[1]?.toLowerCase() ?? []);
  return [...new Set(names)].sort();
}
