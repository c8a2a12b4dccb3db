/** The HAProxys that the edge is rendered for: each named by a variable, found on the PATH, or fetched from Debian. */
import { execFileSync } from 'node:child_process';
import { findComponents } from '../machine/components.js';
import { cachedProgram, type DebianProgram, fetchDebianProgram, isExecutable } from '../machine/debian-package.js';

export const HAPROXY_VERSIONS = ['2.6', '3.0', '3.2'] as const;
/**
 * The oldest and the newest, for what HAProxy does at its sockets and signals, and for its words: that changed with 2.7 (the
 * master answers when a reload is over), and 3.0 behaves as 3.2. All versions run where one of them may refuse a text or
 * choose another route, and in run/changes and run/deaths. What is the work of `edge run` alone has one version.
 */
export const HAPROXY_ENDS = ['2.6', '3.2'] as const satisfies readonly (typeof HAPROXY_VERSIONS)[number][];
export type TestedVersion = (typeof HAPROXY_VERSIONS)[number];

const SUITES: Readonly<Record<TestedVersion, string>> = { '2.6': 'bookworm', '3.0': 'trixie', '3.2': 'sid' };

/** Each is asked for its version once. */
const programs = new Map<TestedVersion, string>();

/** @returns what starts this version. @throws Error when there is none; `npm test` fetches it */
export function haproxyOfVersion(version: TestedVersion): string {
  const known = programs.get(version);
  if (known !== undefined) return known;
  const found = findHaproxy(version);
  if (found === null)
    throw new Error(`HAProxy ${version} is missing; npm test fetches it, or name one: ${hint(version)}`);
  programs.set(version, found);
  return found;
}

/** Finds all versions or fetches them. @throws Error that says what is missing and what to do */
export async function prepareHaproxys(): Promise<void> {
  const missing = HAPROXY_VERSIONS.filter((version) => findHaproxy(version) === null);
  for (const version of missing) {
    console.log(`Fetching HAProxy ${version} …`);
    try {
      assertVersion(await fetchDebianProgram(debians(version)), version);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(
        `missing: HAProxy ${version}, and Debian's could not be fetched: ${message}\nName one: ${hint(version)}`,
      );
    }
  }
}

/** @returns null when there is none yet. @throws Error when the variable names another version, or no program */
export function findHaproxy(version: TestedVersion, env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env[variable(version)];
  if (named !== undefined && named !== '') {
    assertVersion(named, version);
    return named;
  }
  const { haproxy } = findComponents();
  if (haproxy !== null && versionOf(haproxy) === version) return haproxy;
  const cached = cachedProgram(debians(version));
  return isExecutable(cached) ? cached : null;
}

function assertVersion(program: string, version: TestedVersion): void {
  const found = versionOf(program);
  if (found !== version) throw new Error(`${program} is ${found ?? 'no HAProxy'}, and ${version} is wanted`);
}

function versionOf(program: string): string | null {
  try {
    return /version (\d+\.\d+)/.exec(execFileSync(program, ['-v'], { encoding: 'utf8' }))?.[1] ?? null;
  } catch {
    return null;
  }
}

function debians(version: TestedVersion): DebianProgram {
  return { packageName: 'haproxy', suite: SUITES[version], file: 'usr/sbin/haproxy', hasOwnLibraries: true };
}

function variable(version: TestedVersion): string {
  return `HAPROXY_${version.replace('.', '')}_BIN`;
}

function hint(version: TestedVersion): string {
  return `${variable(version)}=/path/to/haproxy`;
}
