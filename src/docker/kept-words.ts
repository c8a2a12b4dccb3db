/** Which labels and variables of a container are kept: a node needs a few of them, and a label may be of any size. */

/** A task of Swarm has it. Its time to end is known by the orchestrator alone. */
export const SWARM_TASK_LABEL = 'com.docker.swarm.task.id';

/** Also what is nearly ours: whoever reads them names the mistake. */
const OURS = /^(autoproxy|service_|com\.docker\.swarm\.)/i;
/** A hundred labels of an app take a tenth of that. */
const MAX_KEPT_CHARACTERS = 65_536;
/** Of all labels: each list and each event repeats them. */
const MUCH_CHARACTERS = 262_144;

interface KeptLabels {
  readonly labels: ReadonlyMap<string, string>;
  /** What is too large, in words; null: nothing. */
  readonly excess: string | null;
}

/** Small ones go before large ones: no label that is too large displaces a flag such as `autoproxy.internal`. */
export function keptLabels(all: readonly (readonly [key: string, value: string])[]): KeptLabels {
  const sized = all.map(([key, value]) => ({ key, value, size: key.length + value.length }));
  const ours = sized.filter(({ key }) => OURS.test(key)).sort((one, other) => one.size - other.size);
  const labels = new Map<string, string>();
  let kept = 0;
  for (const { key, value, size } of ours) {
    kept += size;
    if (kept <= MAX_KEPT_CHARACTERS) labels.set(key, value);
  }
  const largest = ours.at(-1);
  const left = ours.length - labels.size;
  if (largest !== undefined && left > 0) {
    const others = left === 1 ? ' is' : ` and ${left - 1} more are`;
    const limit = `${MAX_KEPT_CHARACTERS / 1_024} KiB of its labels`;
    return { labels, excess: `${limit} are read, so ${largest.key.slice(0, 100)}${others} left out` };
  }
  const total = sized.reduce((sum, { size }) => sum + size, 0);
  if (total <= MUCH_CHARACTERS) return { labels, excess: null };
  return { labels, excess: `its labels have ${total} characters, and Docker repeats them with each event` };
}

/** @param env `NAME=value` each */
export function serviceWords(env: readonly string[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  let kept = 0;
  for (const text of env) {
    const [, name = ''] = /^(SERVICE_[^=]*)=/.exec(text) ?? [];
    const value = text.slice(name.length + 1);
    if (name === '') continue;
    kept += name.length + value.length;
    if (kept <= MAX_KEPT_CHARACTERS) words.set(name, value);
  }
  return words;
}
