/** A chain that is served, of a root, an issuer and a leaf, and a domain of any texts of PEM. */
import type { Domain } from '../../../edge/certificates/domain.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';

export const DAY_MS = 86_400_000;
export const TODAY = { nowMs: Date.now(), warnWithinMs: 14 * DAY_MS };
export const NAMES = ['one.example', '*.one.example'];

export const root = makeCertificate({ isAuthority: true, subject: 'root' });
export const middle = makeCertificate({ isAuthority: true, subject: 'middle', issuer: root });
export const leaf = makeCertificate({ names: NAMES, issuer: middle });

/** @param texts one a file */
export function domain(...texts: readonly string[]): Domain {
  const pemFiles = texts.map((text, index) => ({ file: `${index}.pem`, text }));
  return { name: 'one.example', names: NAMES, pemFiles, place: { file: 'edge.yml', line: 7, col: 3 } };
}
