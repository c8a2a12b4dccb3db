/** What people should know of what a registrar found. Pure. */
import type { ServiceEntry } from '../consul/answers.js';
import type { Problem } from '../model/problem.js';
import type { Wanted, WantedService } from './wanted-services.js';

interface Findings {
  readonly refusals: Wanted['refusals'];
  /** Wanted services whose id somebody else's service has. */
  readonly taken: readonly WantedService[];
  readonly ghosts: readonly ServiceEntry[];
  /** Why single requests were refused. */
  readonly failures: readonly string[];
}

export function remarksFrom({ refusals, taken, ghosts, failures }: Findings): readonly Problem[] {
  return [
    ...failures.map((message) => remark('consul', message, null)),
    ...refusals.map(({ container, message, hint }) => remark(container, message, hint)),
    ...taken.map(({ id }) =>
      remark(placeOf(id), 'its id is ours, and this node did not register it; it is left alone', 'deregister it'),
    ),
    ...ghosts.map(({ id, name, address }) => {
      const message = `somebody else registered it as ${name} for a container that is gone (${address})`;
      return remark(placeOf(id), message, 'deregister it, or let its writer do so');
    }),
  ];
}

function placeOf(id: string): string {
  return `consul: service ${id}`;
}

function remark(file: string, message: string, hint: string | null): Problem {
  return { severity: 'warning', app: null, file, line: null, col: null, message, hint };
}
