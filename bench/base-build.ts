/** The state of the product that the guard measures against: a commit of this repository, built once into `.cache`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = path.join(ROOT, '.cache');

export interface BaseBuild {
  /** Full name of the commit. */
  readonly commit: string;
  /** Its compiled command line, to be run by Node. */
  readonly program: string;
}

/**
 * Builds `revision` with the packages that are installed here, unless it stands in the cache.
 * @throws Error when git does not know the revision (a shallow clone, a tarball) or it does not build.
 */
export function buildBase(revision: string): BaseBuild {
  const commit = resolveCommit(revision);
  const directory = path.join(CACHE, `base-${commit}`);
  const program = path.join(directory, 'dist/src/cli/main.js');
  if (existsSync(program)) return { commit, program };
  // Built beside and renamed when whole: an interrupted build must not pass for one.
  const unfinished = `${directory}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const archive = execFileSync('git', ['archive', '--format=tar', commit], { cwd: ROOT, maxBuffer: 64 * 1_048_576 });
  execFileSync('tar', ['-x', '-C', unfinished], { input: archive });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(unfinished, 'node_modules'));
  try {
    // With its own steps: a node without its page would not start.
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: unfinished, encoding: 'utf8' });
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string };
    throw new Error(`the base ${commit} does not build with the packages of this tree: ${stdout ?? error}`);
  }
  rmSync(directory, { recursive: true, force: true });
  renameSync(unfinished, directory);
  return { commit, program };
}

function resolveCommit(revision: string): string {
  try {
    return execFileSync('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
  } catch {
    throw new Error(`git does not have ${revision} here; a whole clone has it ("git fetch --unshallow")`);
  }
}
