import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * Starts a program that the kernel kills when this process ends, however that ends: a test that hangs is killed by the
 * runner, undoes nothing, and would leave its servers running.
 *
 * The program has the pid that is returned: setpriv (of util-linux) becomes it.
 * @param signal another one for a program that has to clear up
 */
export function spawnBound(
  command: readonly string[],
  options: SpawnOptions,
  signal: 'KILL' | 'TERM' = 'KILL',
): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', signal, ...command], options);
}
