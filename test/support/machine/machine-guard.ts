/** Removes what the kernel leaves of a machine of the test's own, also after a test that was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * $0: the machine's first process, $1: the name of its cgroups, $2: its folder. Standard input ends when the test does. A
 * process of a paused container takes its end in when it is thawed (cgroup v1).
 */
const GUARD = `cat > /dev/null
tries=0
find /sys/fs/cgroup -path "*/$1/*/freezer.state" 2> /dev/null | while read -r state; do echo THAWED > "$state"; done
while test $tries -lt 100 && grep -q '^State:[[:space:]]*[^ZX]' "/proc/$0/status" 2> /dev/null; do
  sleep 0.1
  tries=$((tries + 1))
done
find /sys/fs/cgroup -depth -type d \\( -path "*/$1" -o -path "*/$1/*" \\) -exec rmdir {} +
rm -rf "$2"`;

/** @returns what has it do its work, and resolves when that is done */
export function startGuard(firstPid: number, cgroup: string, folder: string): () => Promise<void> {
  // In a session of its own, so that what ends the test from a terminal does not end it.
  const guard = spawn('sh', ['-c', GUARD, String(firstPid), cgroup, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const isDone = once(guard, 'exit');
  return async () => {
    guard.stdin?.end();
    await isDone;
  };
}
