/** Every policy, with the few instances that most apps have and with the many that some have. */
import { createPicker } from '../../src/proxy/balance/create-picker.js';
import { Instance } from '../../src/proxy/slot/instance.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import type { MicroCase, MicroSuite } from './timing.js';

const POLICIES = ['roundrobin', 'leastconn', 'random', 'source'] as const;
const SIZES = [3, 100];
const CLIENTS = Array.from({ length: 64 }, (_, index) => `10.0.${index >> 3}.${index}`);
const SEED = 20_261;

function pickCase(policy: (typeof POLICIES)[number], size: number): MicroCase {
  const random = new SeededRandom(SEED);
  const picker = createPicker(policy, { random: () => random.next(), offset: 0 });
  const instances = Array.from({ length: size }, (_, at) => new Instance(`i${at}`, `127.80.0.${at + 1}`, 80, false));
  picker.rebuild(
    instances,
    instances.map(() => 100),
  );
  const requests = CLIENTS.map((clientAddress) => ({ clientAddress, tried: null }));
  return {
    name: `${policy}, ${size} instances`,
    run(times) {
      let sum = 0;
      for (let time = 0; time < times; time += 1) {
        const request = requests[time % requests.length];
        const picked = request === undefined ? null : picker.pick(request);
        if (picked === null) return Number.NaN;
        sum += picked.id.length;
      }
      return sum;
    },
  };
}

export const BALANCE: MicroSuite = {
  workload: 'balance',
  title: 'balance',
  cases: POLICIES.flatMap((policy) => SIZES.map((size) => pickCase(policy, size))),
};
