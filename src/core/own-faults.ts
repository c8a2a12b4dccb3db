import { codeOf } from './thrown.js';

const OWN_FAULTS: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'];

/**
 * Whether a connect failed because this process lacks what it needs (descriptors, ports, memory): it says nothing of the
 * other side. Taken for the other side's fault, a shortage on the node would take down all its instances at once.
 */
export function isOwnFault(error: unknown): boolean {
  return OWN_FAULTS.includes(codeOf(error));
}
