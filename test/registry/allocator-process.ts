/**
 * A process of its own that gives slots or writes apps, as fast as it can, until it is done or killed.
 * Arguments: `--registry DIR` or `--consul URL`; `slots` or `apps`; prefix of names; count; seed; last port.
 */

import { allocateSlot } from '../../src/registry/allocate.js';
import { putApp } from '../../src/registry/put-app.js';
import type { Registry } from '../../src/registry/registry.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { chance, NOON, putOptions, smallApp } from './put-options.js';

const [flag, place = '', work, prefix = 'app', count = '0', seed = '1', last = ''] = process.argv.slice(2);
const registry = await openRegistry();
const chances = { random: chance(Number(seed)), wallTime: () => NOON };
const rules = { ...DEFAULT_SLOT_RULES, range: { from: DEFAULT_SLOT_RULES.range.from, to: Number(last) } };
const options = putOptions({ chances, rules });
// The same old book for each: what others have taken since is found out at the claim, which has to hold.
const book = await registry.slots.list();
for (let index = 0; index < Number(count); index += 1) {
  const name = `${prefix}-${index}`;
  if (work === 'slots') await allocateSlot(registry.slots, name, options.rules, chances, book, []);
  else await putApp(registry, smallApp(name), options);
  process.stdout.write(`${name}\n`);
}
registry.close();

/** Five of these start at once: what a kind does not need is not loaded. */
async function openRegistry(): Promise<Registry> {
  if (flag !== '--consul') return new (await import('../../src/registry/directory.js')).DirectoryRegistry(place);
  const { consulSettings } = await import('./registries.js');
  return new (await import('../../src/registry/consul.js')).ConsulRegistry(consulSettings(place));
}
