import { CERTIFICATES_FOLDER, type Release } from '../release/release.js';
import { type Domain, type JudgedDomain, judgeDomain, type Today } from './domain.js';
import { coversName } from './name-cover.js';

/** Where a release keeps the chain and the key of a domain. */
export function certificateFile(domain: string): string {
  return `${CERTIFICATES_FOLDER}${domain}.pem`;
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
  const file = certificateFile(domain.name);
  const text = current?.files.get(file);
  if (text === undefined) return null;
  const before = judgeDomain({ ...domain, names: [], unreadable: null, pemFiles: [{ file, text }] }, today);
  const { certificate } = before;
  if (certificate === null) return null;
  // A name that was written since then waits until its certificate is there; the others serve on.
  const written = domain.names.filter((name) => certificate.names.some((covering) => coversName(covering, name)));
  const names = domain.names.length > 0 ? written : before.names;
  if (names.length === 0) return null;
  const problems = faulty.problems.map(
    (problem) =>
      ({ ...problem, severity: 'warning', message: `${problem.message}; its last good one serves on` }) as const,
  );
  return { ...before, names, problems: [...problems, ...before.problems] };
}
