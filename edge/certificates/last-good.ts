import { CERTIFICATES_FOLDER, type Release } from '../release/release.js';
import type { Certificate } from './certificate.js';
import { type Domain, type JudgedDomain, judgeDomain, type Today } from './domain.js';
import { coversName } from './name-cover.js';

/** Where a release keeps the chain and the key of a domain. */
export function certificateFile(domain: string): string {
  return `${CERTIFICATES_FOLDER}${domain}.pem`;
}

/** Where it keeps the second one. No name of a domain has a "+" in it. */
export function alternateFile(domain: string, kind: Certificate['kind']): string {
  return `${CERTIFICATES_FOLDER}${domain}+${kind}.pem`;
}

/**
 * A renewal that writes chain and key one after the other is faulty between the two, and a file may be away for a moment:
 * what served until now serves on as long as it holds, for all the names that it served.
 * @param faulty how the domain stands now
 * @param current the release that is switched to; null: nothing served until now
 * @returns null: there is nothing that could serve on
 */
export function lastGoodOf(
  faulty: JudgedDomain,
  domain: Domain,
  current: Release | null,
  today: Today,
): JudgedDomain | null {
  const { name } = domain;
  const pemFiles = [certificateFile(name), alternateFile(name, 'rsa'), alternateFile(name, 'ecdsa')].flatMap((file) => {
    const text = current?.files.get(file);
    return text === undefined ? [] : [{ file, text }];
  });
  // Both kinds, else the one that still holds.
  for (const files of [pemFiles, ...pemFiles.map((one) => [one])]) {
    const before = judgeDomain({ ...domain, names: [], unreadable: null, pemFiles: files }, today);
    const one = servedOn(faulty, domain, before);
    if (one !== null) return one;
  }
  return null;
}

function servedOn(faulty: JudgedDomain, domain: Domain, before: JudgedDomain): JudgedDomain | null {
  const { certificate } = before;
  if (certificate === null) return null;
  // A name that was written since then waits until its certificate is there; the others serve on.
  const written = domain.names.filter((name) => certificate.names.some((covering) => coversName(covering, name)));
  const names = domain.names.length > 0 ? written : before.names;
  if (names.length === 0) return null;
  const problems = faulty.problems.map(
    (problem) =>
      ({ ...problem, severity: 'warning', message: `${problem.message}; its last good version stays in use` }) as const,
  );
  return { ...before, names, problems: [...problems, ...before.problems] };
}
