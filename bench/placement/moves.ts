/** Instances come, go and move: scale, pods, a node drained, a machine without power, a manager that restarts during `apply`. */
import { shopText } from '../../test/support/swarm/shop-definition.js';
import type { LabNode, SwarmLab } from '../../test/support/swarm/swarm-lab.js';
import { type Happening, ordered, untilElsewhere } from './load.js';

const ALPHA = 'shop-alpha';
const BETA = 'shop-beta';

function scaled(from: number, to: number): Happening {
  return {
    name: `scale ${from} → ${to}`,
    async happen(lab) {
      lab.define('shop', shopText({ instances: to }));
      await ordered(lab, ['apply']);
      await lab.untilUp(to);
    },
  };
}

const TWO_PODS = shopText({ pods: ['alpha', 'beta'], instances: 4 });

export const MOVES: readonly Happening[] = [
  scaled(3, 6),
  scaled(6, 2),
  {
    name: 'node drained (docker node update --availability drain)',
    async happen(lab) {
      const node = await busiest(lab);
      await lab.swarm.updateNode(node, '--availability', 'drain');
      await untilElsewhere(lab, ALPHA, 2, node.nodeId);
      await lab.untilUp(2);
    },
    async after(lab) {
      for (const node of lab.nodes) await lab.swarm.updateNode(node, '--availability', 'active');
      lab.define('shop', shopText({ instances: 3 }));
      await ordered(lab, ['apply']);
      await lab.add('28', 'beta');
    },
  },
  {
    name: 'pod added',
    async happen(lab) {
      lab.define('shop', TWO_PODS);
      await ordered(lab, ['apply']);
      await lab.untilUp(4);
    },
  },
  {
    name: 'pod removed, after the balancer left it',
    async happen(lab) {
      for (const [index, { pod }] of lab.nodes.entries()) if (pod === 'beta') await lab.balancer.leave(index + 1);
      lab.define('shop', shopText({ instances: 3 }));
      await ordered(lab, ['apply']);
      await untilElsewhere(lab, BETA, 0, '');
    },
  },
  {
    name: 'manager restarted during an update',
    async happen(lab) {
      lab.define('shop', shopText({ instances: 3, version: 'c' }));
      const apply = lab.run('apply');
      await lab.untilOther(ALPHA);
      await lab.swarm.manager.restart();
      const { exitCode, stdout, stderr } = await apply;
      if (exitCode !== 0) throw new Error(`apply ended with ${exitCode}: ${stdout}${stderr}`);
      await lab.untilUp(3);
    },
  },
  {
    name: 'a machine loses its power',
    mayLose: 'sent POSTs',
    async happen(lab) {
      const victim = await busiest(lab);
      await lab.powerOff(victim);
      await untilElsewhere(lab, ALPHA, 3, victim.nodeId);
    },
  },
];

/** Not the manager: the Swarm has only one. */
async function busiest(lab: SwarmLab): Promise<LabNode> {
  const tasks = await lab.runningTasks(ALPHA);
  const count = ({ nodeId }: LabNode): number => tasks.filter((task) => task.nodeId === nodeId).length;
  const workers = lab.nodes.filter(({ pod }) => pod === 'alpha').slice(1);
  const [first] = workers.toSorted((one, other) => count(other) - count(one));
  if (first === undefined) throw new RangeError('the lab has no worker');
  return first;
}
