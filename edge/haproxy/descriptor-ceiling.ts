import { execFile } from 'node:child_process';
import { descriptorLimit } from '../../src/core/descriptor-limit.js';
import { readWholeFile } from '../../src/core/whole-file.js';

const TRY_MS = 5_000;
const MAX_BYTES = 64;

/**
 * How many descriptors a HAProxy that is started from here may have: the limit of this process (Node has raised the soft one
 * to the hard one), or as many as the kernel gives any process, for one that may raise it. Capabilities do not tell that:
 * in a container they may be there without effect. So a shell tries it.
 */
export function descriptorCeiling(): Promise<number> {
  known ??= findCeiling();
  return known;
}

let known: Promise<number> | null = null;

async function findCeiling(): Promise<number> {
  const limit = descriptorLimit();
  const most = Number(await readWholeFile('/proc/sys/fs/nr_open', MAX_BYTES).catch(() => ''));
  if (!Number.isSafeInteger(most) || most <= limit) return limit;
  const isRaised = await new Promise<boolean>((resolve) => {
    execFile('/bin/sh', ['-c', `ulimit -n ${most}`], { timeout: TRY_MS }, (error) => resolve(error === null));
  });
  return isRaised ? most : limit;
}
