/** What an agent holds after an action, as Consul's does it (seen with 1.8). */

import { weightsFrom } from '../../src/consul/agent-services.js';
import type { CheckEntry, ServiceEntry } from '../../src/consul/answers.js';
import { type Action, type AgentState, firstStatusOf } from '../../src/registrar/compare.js';
import type { WantedService } from '../../src/registrar/wanted-services.js';

export function entryFrom({ id, name, tags, meta, address, port, weight }: WantedService): ServiceEntry {
  return { id, name, tags, address, port, meta: Object.fromEntries(meta), weights: weightsFrom(weight) };
}

export function checksFrom({ id: serviceId, checks }: WantedService): readonly CheckEntry[] {
  return checks.map((check) => {
    const status = firstStatusOf(check, { known: undefined, runsForMs: 0 });
    return { id: check.id, name: check.name, status, output: '', notes: '', serviceId };
  });
}

export function done(state: AgentState, action: Action): AgentState {
  const { services, checks } = state;
  switch (action.kind) {
    case 'register': {
      const { service } = action;
      const others = services.filter(({ id }) => id !== service.id);
      // A check that is there under this id is replaced, and keeps its status.
      const made = checksFrom(service).map((check) => {
        const status = checks.find(({ id }) => id === check.id)?.status ?? check.status;
        return { ...check, status };
      });
      const kept = checks.filter(({ id }) => !made.some((one) => one.id === id));
      return { services: [...others, entryFrom(service)], checks: [...kept, ...made] };
    }
    case 'deregister':
      return {
        services: services.filter(({ id }) => id !== action.service.id),
        checks: checks.filter(({ serviceId }) => serviceId !== action.service.id),
      };
    case 'drop check':
      return { services, checks: checks.filter(({ id }) => id !== action.id) };
    case 'tell':
      return {
        services,
        checks: checks.map((check) => (check.id === action.id ? { ...check, ...action.told } : check)),
      };
  }
}
