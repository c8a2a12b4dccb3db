import { isRefusal } from '../../core/refusal.js';
import type { Service } from '../../placement/service.js';
import { wantedServices } from '../../placement/wanted-services.js';
import { CommandFailure } from '../exit-codes.js';
import type { KnownApp } from './versions.js';

/**
 * The services of the definition of now; none of an app that was removed.
 * @throws CommandFailure for an app that cannot be placed
 */
export function servicesOf({ stored }: KnownApp): readonly Service[] {
  const wanted = stored === null ? null : wantedServices(stored.definition);
  if (wanted === null) return [];
  if (isRefusal(wanted)) throw new CommandFailure(wanted.message, wanted.hint);
  return wanted.services;
}
