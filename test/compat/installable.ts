/** Programs of others that come from Debian's packages. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { findProgram, installPackages } from '../support/machine/components.js';

export interface Installable {
  readonly name: string;
  /** Debian's packages; empty when it is here in any case. */
  readonly packages: readonly string[];
  /** Programs on the path, or absolute files, that the packages bring. */
  readonly needs: readonly string[];
}

export function isInstalled({ needs }: Installable): boolean {
  return needs.every((need) => (path.isAbsolute(need) ? existsSync(need) : findProgram(need) !== null));
}

/** Installs what is missing, as root. @throws Error that says how to do it */
export async function install(programs: readonly Installable[]): Promise<void> {
  const missing = programs.filter((program) => !isInstalled(program)).flatMap(({ packages }) => packages);
  if (missing.length > 0) await installPackages([...new Set(missing)]);
}
