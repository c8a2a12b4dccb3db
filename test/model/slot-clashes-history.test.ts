/** Random histories of apps that come, move and go over few ports: what must hold after each step, whatever happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { refuseClashes } from '../../src/model/slot-clashes.js';
import { appOf } from '../support/node/apps.js';
import { SeededRandom } from '../support/seeded-random.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const FIRST_PORT = 9_000;
const PORTS = 12;
const RESERVED = FIRST_PORT + 5;
const HISTORIES = 300;
const STEPS = 12;

function step(random: SeededRandom, wanted: Map<string, number>): void {
  const name = random.pick(NAMES);
  if (random.once(4)) wanted.delete(name);
  else wanted.set(name, FIRST_PORT + random.below(PORTS));
  if (random.once(3)) step(random, wanted);
}

function assertDisjoint(apps: readonly App[], label: string): void {
  const ports = [RESERVED, ...apps.flatMap(({ slot }) => [slot, slot + 1])];
  assert.equal(new Set(ports).size, ports.length, `${label}: two want one port: ${ports.join()}`);
}

test('ports stay disjoint, nobody in force is lost, every refusal is named, the order of the input means nothing', () => {
  for (let seed = 0; seed < HISTORIES; seed += 1) {
    const random = new SeededRandom(seed);
    const wanted = new Map<string, number>();
    let inForce: readonly App[] = [];
    for (let index = 0; index < STEPS; index += 1) {
      step(random, wanted);
      const label = `seed ${seed}, step ${index}`;
      const asked = [...wanted].map(([name, slot]) => appOf(name, slot));
      const { apps, problems } = refuseClashes(asked, inForce, [RESERVED]);
      assertDisjoint(apps, label);
      for (const { name } of inForce) {
        if (wanted.has(name))
          assert.ok(
            apps.some((app) => app.name === name),
            `${label}: ${name} was lost`,
          );
      }
      const unmet = asked.filter(({ name, slot }) => !apps.some((app) => app.name === name && app.slot === slot));
      assert.deepEqual(problems.map(({ app }) => app).sort(), unmet.map(({ name }) => name).sort(), label);
      assert.deepEqual(refuseClashes(asked.reverse(), [...inForce].reverse(), [RESERVED]), { apps, problems }, label);
      inForce = apps;
    }
  }
});
