/**
 * A process of its own that gives slots or writes apps, as fast as it can, until it is done or killed.
 * Arguments: `--registry DIR` or `--consul URL`; `slots` or `apps`; prefix of names; count; seed.
 */

import { allocateSlot } from '../../src/registry/allocate.js';
import { ConsulRegistry } from '../../src/registry/consul.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { putApp } from '../../src/registry/put-app.js';
import { chance, NOON, putOptions, smallApp } from './put-options.js';
import { consulSettings } from './registries.js';

const [flag, place = '', work, prefix = 'app', count = '0', seed = '1'] = process.argv.slice(2);
const registry = flag === '--consul' ? new ConsulRegistry(consulSettings(place)) : new DirectoryRegistry(place);
const chances = { random: chance(Number(seed)), wallTime: () => NOON };
const options = putOptions({ chances });
for (let index = 0; index < Number(count); index += 1) {
  const name = `${prefix}-${index}`;
  if (work === 'slots') await allocateSlot(registry.slots, name, options.rules, chances, await registry.slots.list());
  else await putApp(registry, smallApp(name), options);
  process.stdout.write(`${name}\n`);
}
registry.close();
