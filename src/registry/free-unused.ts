/** Ending the record of a slot while others write: what the app has come to use meanwhile stays recorded. */
import type { Claim } from './allocate.js';
import type { Registry } from './registry.js';

/**
 * A write that comes after the record's end finds it gone and writes nothing; one that came before it is seen by the
 * second look, and the record is put back. Between the two the slot is in quarantine, where nobody but the app gets it.
 * @param freedAt when its quarantine begins, or had begun; null: it was never in use
 * @returns false: the app uses the slot, or the slot is not the app's
 */
export async function freeUnused(registry: Registry, app: string, { port, freedAt }: Claim): Promise<boolean> {
  if ((await slotOf(registry, app)) === port) return false;
  if (!(await registry.slots.free(port, app, freedAt))) return false;
  if ((await slotOf(registry, app)) !== port) return true;
  await registry.slots.claim(port, app, freedAt);
  return false;
}

/** @returns the slot that its definition names; null: none, or there is no definition */
export async function slotOf(registry: Registry, app: string): Promise<number | null> {
  return (await registry.get(app))?.definition.slot ?? null;
}
