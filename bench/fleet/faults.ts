/** What can befall Consul, and how it ends. */
import { leaderOf } from '../../test/support/consul/consul.js';
import type { Fault as FrontFault } from '../../test/support/consul/consul-front.js';
import type { ConsulFleet, FleetSize } from './consul-fleet.js';

export interface Fault {
  readonly title: string;
  readonly consul: FleetSize['consul'];
  /** The node hears of it: its figures grow old. Not so where answers come, and only say less. */
  readonly isHeard: boolean;
  /** Resolves when it has begun. */
  begin(fleet: ConsulFleet): Promise<void>;
  /** Resolves when Consul is as before, and holds what it held. */
  end(fleet: ConsulFleet): Promise<void>;
}

const NAMED = {
  killed: {
    title: 'killed',
    consul: 'disk',
    isHeard: true,
    begin: ({ consul }) => consul.kill(),
    end: restart,
  },
  frozen: {
    title: 'frozen (SIGSTOP)',
    consul: 'memory',
    isHeard: true,
    begin: async ({ consul }) => consul.freeze(),
    end: async ({ consul }) => consul.thaw(),
  },
  empty: ofFront('answering []', 'empty', false),
  error: ofFront('answering 500', 'error', true),
  'index-back': ofFront('its index going back', 'index-back', false),
  restarted: {
    title: 'restarted with an empty catalogue',
    consul: 'memory',
    isHeard: false,
    async begin(fleet) {
      await fleet.consul.kill();
      await start(fleet);
    },
    end: (fleet) => fleet.fill(),
  },
  leaderless: {
    title: 'its leader lost, then its majority',
    consul: 'cluster',
    isHeard: true,
    async begin({ agents, consul }) {
      const leader = await leaderOf(agents, consul);
      // The one that the node asks has to stay, or there is nobody who could say that there is no leader.
      const others = agents.filter((agent) => agent !== consul);
      const first = others.find((agent) => agent === leader) ?? others[0];
      await first?.kill();
      await others.find((agent) => agent !== first)?.kill();
    },
    async end({ agents, consul }) {
      await Promise.all(agents.filter((agent) => agent !== consul).map((agent) => agent.start()));
      await consul.hasLeader();
    },
  },
  cold: {
    title: 'down while the node starts',
    consul: 'disk',
    isHeard: true,
    async begin({ consul, node }) {
      await node.stop();
      await consul.kill();
      await node.start();
    },
    end: restart,
  },
} satisfies Record<string, Fault>;

export const FAULTS: ReadonlyMap<string, Fault> = new Map(Object.entries<Fault>(NAMED));

function ofFront(title: string, fault: FrontFault, isHeard: boolean): Fault {
  return {
    title,
    consul: 'memory',
    isHeard,
    begin: async ({ front }) => front.begin(fault),
    end: async ({ front }) => front.begin('none'),
  };
}

async function restart(fleet: ConsulFleet): Promise<void> {
  await start(fleet);
  // An agent that has just started has not checked anybody yet: the checks of a test pass when somebody says so.
  await fleet.fill();
}

async function start({ consul }: ConsulFleet): Promise<void> {
  await consul.start();
  await consul.hasLeader();
}
