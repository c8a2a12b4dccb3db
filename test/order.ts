/**
 * In which order test files begin. The longest wait for engines, Swarms and Consuls most of their time: two or three of them
 * beside shorter files keep the cores busy; all at once they leave these idle, and time out where the machine has other work.
 */
import path from 'node:path';

/** The longest first. */
export const LONGEST = [
  'e2e/placement',
  'e2e/docker-images',
  'promises/container-ends',
  'e2e/placement-swarm',
  'e2e/placement-order',
  'e2e/rollout',
  'e2e/consul-wrong-answers',
  'e2e/pods',
  'e2e/swarm-update',
  'e2e/page',
  'e2e/migration',
  'mutants/copy',
  'compat/matrix',
  'e2e/systemd-units',
  'e2e/stop-container',
  'promises/page-scale',
  'e2e/first-steps',
  'e2e/docker-lives',
  'config/options-behave',
  'promises/engine-restart',
  'edge/run/changes',
  'edge/run/moved-run-dir',
  'e2e/consul-outages',
  'support/docker/test-engine',
  'e2e/primary-killed',
  'e2e/register',
  'registry/allocators',
  'package',
  'form',
];
/** Files of these folders follow, and then those that share processes: they take longer than the rest. */
const LONG_FOLDERS = ['e2e', 'edge', 'registry', 'registrar', 'promises'];

/** So many of the longest begin at once. */
const AT_ONCE = 2;
/** The last of the longest begins behind this share of the others. */
const SPREAD_SHARE = 0.6;

/** @param names below `dist/test` */
export function parted(names: readonly string[]): {
  readonly longest: readonly string[];
  readonly long: readonly string[];
  readonly rest: readonly string[];
} {
  const ordered = [...names].sort((one, other) => rankOf(one) - rankOf(other) || (one < other ? -1 : 1));
  return {
    longest: ordered.filter((name) => rankOf(name) < LONGEST.length),
    long: ordered.filter((name) => rankOf(name) >= LONGEST.length && rankOf(name) < REST),
    rest: ordered.filter((name) => rankOf(name) === REST),
  };
}

const REST = LONGEST.length + LONG_FOLDERS.length;

function rankOf(name: string): number {
  const longest = LONGEST.indexOf(name.replace(/\.test\.js$/, ''));
  if (longest !== -1) return longest;
  const folder = LONG_FOLDERS.indexOf(name.split(path.sep)[0] ?? '');
  return folder === -1 ? REST : LONGEST.length + folder;
}

/** @returns all of them: the longest, in their order, at even distances among the first of the others */
export function spread(longest: readonly string[], others: readonly string[]): readonly string[] {
  const waiting = longest.slice(AT_ONCE);
  const distance = Math.max(1, Math.floor((others.length * SPREAD_SHARE) / Math.max(1, waiting.length)));
  const order = longest.slice(0, AT_ONCE);
  for (const [index, other] of others.entries()) {
    order.push(other);
    const next = (index + 1) % distance === 0 ? waiting.shift() : undefined;
    if (next !== undefined) order.push(next);
  }
  return [...order, ...waiting];
}
