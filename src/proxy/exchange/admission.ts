import type { ErrorCode } from '../../core/errors.js';
import type { RequestHead } from '../../http1/request-head.js';
import { hostWithoutPort } from '../../http1/semantics.js';
import type { ClientIdentity } from '../client/client-identity.js';

type AdmissionRefusal = Extract<ErrorCode, 'FORBIDDEN' | 'HOST_UNKNOWN'>;

/** Whom a slot serves. */
interface Admission {
  readonly internal: boolean;
  /** The only host that it serves; null: any. */
  readonly hostFilter: string | null;
}

/**
 * @param isProven a node that holds the pod's key bled the request
 * @returns why the slot does not serve it; null: it does
 */
export function refusalOf(
  { internal, hostFilter }: Admission,
  identity: Pick<ClientIdentity, 'isInternal' | 'isSpokenFor'>,
  request: Pick<RequestHead, 'host'>,
  isProven: boolean,
): AdmissionRefusal | null {
  if (internal && !identity.isInternal && (identity.isSpokenFor || !isProven)) return 'FORBIDDEN';
  return hostFilter === null || hostWithoutPort(request.host) === hostFilter ? null : 'HOST_UNKNOWN';
}

/** The slot does not serve it: no instance was looked for. */
export function isAdmissionRefusal(code: ErrorCode): code is AdmissionRefusal {
  return code === 'FORBIDDEN' || code === 'HOST_UNKNOWN';
}
