/** Random changes of a definition, one after another: the tasks that each plan names are those that `apply` then replaces. */
import { SeededRandom } from '../../test/support/seeded-random.js';
import { applyAsForetold } from '../../test/support/swarm/foretold-tasks.js';
import { IMAGE_TAGS, RandomDefinitions } from '../../test/support/swarm/random-definitions.js';
import { LAB_APP, type SwarmLab } from '../../test/support/swarm/swarm-lab.js';
import type { Verdict } from '../report.js';
import { ordered } from './load.js';

/** @param lab whose last node is in the pod beta */
export async function measureChanges(
  lab: SwarmLab,
  { changes, seed }: { readonly changes: number; readonly seed: number },
  verdict: Verdict,
): Promise<void> {
  for (let tag = 1; tag <= IMAGE_TAGS; tag += 1) await lab.anotherImage(String(tag));
  const definitions = new RandomDefinitions(new SeededRandom(seed), true);
  lab.define(LAB_APP, definitions.first());
  await ordered(lab, ['apply']);
  const wrong: string[] = [];
  let [named, kept] = [0, 0];
  for (let change = 1; change <= changes; change += 1) {
    const text = definitions.next();
    lab.define(LAB_APP, text);
    const foretold = await applyAsForetold(lab);
    named += foretold.named;
    kept += foretold.kept;
    if (foretold.differences.length === 0) continue;
    wrong.push(`change ${change}: ${foretold.differences.join('; ')}`);
    console.log(`        ${wrong.at(-1)}\n        definition: ${text}`);
    // The next one begins where this one was to end.
    await lab.run('apply', '--timeout', '60s');
  }
  const figure = `${named} named, ${kept} of changed services ran on`;
  verdict.check(
    wrong.length === 0,
    `${changes} random changes, --seed ${seed}: the plan names exactly the tasks that are replaced`,
    wrong.length === 0 ? figure : `${wrong.length} of them did not; ${figure}`,
  );
}
