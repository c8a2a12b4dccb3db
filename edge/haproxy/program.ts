/** The HAProxy of this machine: where it is, which one it is, and what it thinks of a configuration. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';

const FALLBACK_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];
/** 1 000 apps are checked in a fifth of a second. */
const CHECK_MS = 60_000;
const MAX_OUTPUT_BYTES = 1_048_576;

/** HAProxy is missing or does not run; the message says what to do. */
export class NoHaproxy extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoHaproxy';
  }
}

/** @returns the path of HAPROXY_BIN, or of haproxy on the PATH. @throws NoHaproxy */
export async function findHaproxy(env: NodeJS.ProcessEnv): Promise<string> {
  const named = env.HAPROXY_BIN;
  const folders = [...(env.PATH ?? '').split(':'), ...FALLBACK_FOLDERS].filter((folder) => folder !== '');
  const candidates =
    named === undefined || named === '' ? folders.map((folder) => path.join(folder, 'haproxy')) : [named];
  for (const candidate of candidates) {
    if (await isProgram(candidate)) return candidate;
  }
  throw new NoHaproxy(
    named === undefined || named === ''
      ? 'haproxy is not on the PATH; install it, or name it: HAPROXY_BIN=/path/to/haproxy'
      : `HAPROXY_BIN is ${named}, which is not an executable program`,
  );
}

interface CheckOutcome {
  /** HAProxy has nothing to say against the configuration, not even a warning. */
  readonly isValid: boolean;
  /** What it says against it, in its own words. */
  readonly output: string;
  /** What it says of this machine at this moment, in its own words: no reason to refuse a configuration. */
  readonly machine: readonly string[];
  /** false: names are asked of the nameservers of this machine, and it has none, so no server would get an address. */
  readonly hasNameservers: boolean;
}

const SAID = /^\[(WARNING|ALERT)\]\s+\(\d+\) : (?:config : )?(.*)$/;

const WITHOUT_NAMESERVERS = /^resolvers '[^']*' \[[^\]]*\] has no nameservers configured!/;

/**
 * Warnings of 2.6 to 3.2 that say something of the machine. Each is anchored: a name of an app may have any of these words
 * in it.
 */
const ABOUT_MACHINE = [
  // The states of the servers: HAProxy has not run yet, or servers came and went since.
  /^(config: |Proxy '[^']*': )(Can't|Empty|corrupted) .*server state file\b/,
  /^(Proxy '[^']*': )?backend (ID|name) mismatch: from server state file: /,
  /^server-state (application failed|partially applied) for server '/,
  /^(Backup )?Server [^ /]+\/[^ ]+ (is|was) .*, changed from server-state after a reload\b/,
  // A nameserver without a route; HAProxy connects again when it asks.
  /^(resolvers|DNS : section) '[^']*': can't (create|bind|connect) socket for nameserver '/,
  /^parsing \[[^\]]*\]: [Pp]arsing \[\/etc\/resolv\.conf:\d+\] : /,
  WITHOUT_NAMESERVERS,
];

/** `haproxy -c`, warnings counted as errors: a line that is ignored is not what was meant. */
export async function checkConfiguration(program: string, file: string): Promise<CheckOutcome> {
  const { code, output } = await run(program, ['-c', '-f', file], CHECK_MS);
  return checkOutcomeFrom(code, output);
}

/** @param code of `haproxy -c`. @param output all that it wrote */
export function checkOutcomeFrom(code: number, output: string): CheckOutcome {
  const against: string[] = [];
  const machine: string[] = [];
  let hasNameservers = true;
  for (const line of output.split('\n')) {
    const [, level, text = ''] = SAID.exec(line) ?? [];
    if (level === 'WARNING' && ABOUT_MACHINE.some((pattern) => pattern.test(text))) machine.push(text);
    else if (level !== undefined) against.push(line);
    if (WITHOUT_NAMESERVERS.test(text)) hasNameservers = false;
  }
  const isValid = code === 0 && against.length === 0;
  return { isValid, output: against.join('\n') || (code === 0 ? '' : output.trim()), machine, hasNameservers };
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function run(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else if (typeof error.code === 'number') resolve({ code: error.code, output });
      else reject(new NoHaproxy(`${program} ${args.join(' ')}: ${error.message}`));
    });
  });
}
