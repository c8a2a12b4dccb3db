/** What it takes to get a running HAProxy from one release to the next. Pure. */
import { differencesBetween, type FileDifference } from '../release/differences.js';
import { CERTIFICATE_LIST, CERTIFICATES_FOLDER, linesOf, type Release } from '../release/release.js';

export type Step =
  | { readonly kind: 'map' | 'networks'; readonly file: string; readonly lines: readonly string[] }
  | { readonly kind: 'certificate' | 'new-certificate'; readonly file: string; readonly pem: string }
  | { readonly kind: 'old-certificate'; readonly file: string }
  /** Lines of the list of certificates that come and go. */
  | {
      readonly kind: 'names';
      readonly file: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
    };

export type Plan =
  | { readonly kind: 'nothing' }
  /** The running process takes it, in this order. */
  | { readonly kind: 'hot'; readonly steps: readonly Step[] }
  /** @see why names the first file that a running process cannot take */
  | { readonly kind: 'reload'; readonly why: string };

/**
 * Contents of maps and lists, certificates and their names go into the running process; all else is a new one: another
 * file that appears or goes is named or not named any more by yet another one, and `haproxy.cfg` itself cannot be changed.
 * @param from null: what runs is not known
 */
export function planChange(from: Release | null, to: Release): Plan {
  if (from === null) return { kind: 'reload', why: 'the running configuration is unknown' };
  const differences = differencesBetween(from, to);
  if (differences.length === 0) return { kind: 'nothing' };
  const steps: Step[] = [];
  for (const difference of differences) {
    const { file, kind } = difference;
    const step = stepFor(difference, to.files.get(file) ?? '');
    if (step === null) return { kind: 'reload', why: `${file} ${kind === 'changed' ? 'differs' : `was ${kind}`}` };
    steps.push(step);
  }
  return { kind: 'hot', steps: steps.sort((one, other) => rank(one) - rank(other)) };
}

function stepFor({ file, kind, added, removed }: FileDifference, content: string): Step | null {
  if (file.startsWith(CERTIFICATES_FOLDER)) {
    if (kind === 'removed') return { kind: 'old-certificate', file };
    return { kind: kind === 'added' ? 'new-certificate' : 'certificate', file, pem: content };
  }
  if (kind !== 'changed') return null;
  if (file === CERTIFICATE_LIST) return { kind: 'names', file, added, removed };
  if (file.startsWith('maps/')) return { kind: 'map', file, lines: linesOf(content) };
  if (isNetworkList(file)) return { kind: 'networks', file, lines: linesOf(content) };
  return null;
}

/** Texts have blanks, and the runtime socket takes none of them for a list. */
function isNetworkList(file: string): boolean {
  return file.startsWith('lists/') && !file.endsWith('/bad_ua.lst');
}

/** What keeps people out comes before what lets them in; a certificate is there as long as it has names. */
function rank({ kind }: Step): number {
  return { networks: 0, 'new-certificate': 1, certificate: 1, names: 2, 'old-certificate': 3, map: 4 }[kind];
}

/** How many lines each map and list of a release has: what a process that runs it has to show. */
export function lineCounts(release: Release): { readonly map: Counts; readonly acl: Counts } {
  const counts = (folder: string): Counts =>
    new Map(
      [...release.files].flatMap(([file, content]) =>
        file.startsWith(folder) ? [[file, linesOf(content).length] as const] : [],
      ),
    );
  return { map: counts('maps/'), acl: counts('lists/') };
}

export type Counts = ReadonlyMap<string, number>;

/** The first file of which a running process shows another number of lines, in words; null when there is none. */
export function firstMiscount(wanted: Counts, shown: Counts): string | null {
  for (const [file, count] of wanted) {
    // A file that no rule names is not loaded.
    const found = shown.get(file);
    if (found !== undefined && found !== count)
      return `${file} has ${found} lines in the running process, not ${count}`;
  }
  return null;
}
