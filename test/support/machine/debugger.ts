import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd, type Ending } from '../at-end.js';
import { findProgram } from './components.js';

/** Attaches (PTRACE_ATTACH) and never lets it run; ends with the process. */
const HOLD = `
import ctypes, os, sys
pid = int(sys.argv[1])
if ctypes.CDLL(None, use_errno=True).ptrace(16, pid, None, None) != 0: sys.exit('not attached')
print('held', flush=True)
while not os.WIFSIGNALED(os.waitpid(pid, 0)[1]): pass
`;

/** The main thread of a process stands still, whatever signal it gets but KILL. @returns lets it run again */
export async function holdAsDebugger(context: Ending, pid: number): Promise<() => void> {
  const python = findProgram('python3');
  if (python === null) throw new Error('missing: python3; npm test installs it');
  const child = spawn(python, ['-c', HOLD, String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const release = (): void => void child.kill('SIGKILL');
  atEnd(context, release);
  const [said] = await once(child.stdout, 'data');
  if (!String(said).startsWith('held')) throw new Error(`the process was not held: ${said}`);
  return release;
}
