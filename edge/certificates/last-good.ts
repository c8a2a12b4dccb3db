import { CERTIFICATES_FOLDER, type Release } from '../release/release.js';
import { type Domain, type JudgedDomain, judgeDomain, type Today } from './domain.js';

/** Where a release keeps the chain and the key of a domain. */
export function certificateFile(domain: string): string {
  return `${CERTIFICATES_FOLDER}${domain}.pem`;
}

/**
 * A renewal that writes chain and key one after the other is faulty between the two, and a file may be away for a moment:
 * what served until now serves on, as long as it holds and covers the same names.
 * @param current the release that is switched to; null: nothing served until now
 */
export function withLastGood(
  judged: readonly JudgedDomain[],
  domains: readonly Domain[],
  current: Release | null,
  today: Today,
): readonly JudgedDomain[] {
  return judged.map((one) => {
    const file = certificateFile(one.name);
    const text = current?.files.get(file);
    const domain = domains.find(({ name }) => name === one.name);
    if (one.certificate !== null || text === undefined || domain === undefined) return one;
    const before = judgeDomain({ ...domain, pemFiles: [{ file, text }] }, today);
    if (before.certificate === null) return one;
    const problems = one.problems.map(
      (problem) =>
        ({ ...problem, severity: 'warning', message: `${problem.message}; its last good one serves on` }) as const,
    );
    return { ...before, problems: [...problems, ...before.problems] };
  });
}
