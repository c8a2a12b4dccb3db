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

export function keptLabels(all: readonly (readonly [key: string, value: string])[]): KeptLabels {
  const labels = new Map<string, string>();
  let [kept, total] = [0, 0];
  const left: string[] = [];
  for (const [key, value] of all) {
    const size = key.length + value.length;
    total += size;
    if (!OURS.test(key)) continue;
    if (kept + size > MAX_KEPT_CHARACTERS) left.push(key.slice(0, 100));
    else {
      labels.set(key, value);
      kept += size;
    }
  }
  if (left.length > 0) return { labels, excess: `its label ${left[0]} is too large and is not read` };
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
