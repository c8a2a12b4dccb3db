/** Which version of the engine's API is spoken. Pure. */
import { DockerFailure } from './failure.js';

/** The newest whose answers were read here: that of Docker 28.5. */
const NEWEST = '1.51';
/** The oldest that engines of today still speak; Docker 1.13, the first that names a version at a ping, speaks it too. */
const OLDEST = '1.24';

/**
 * @param offered the field Api-Version of an answer to /_ping: the newest that the engine speaks
 * @param server its field Server: engines before Docker 1.13 say who they are, and no version of the API
 * @returns the newest that both speak, such as `1.41`
 * @throws DockerFailure when what answered is no engine, or an engine of an older time
 */
export function commonVersion(url: string, offered: string, server: string): string {
  const engine = /^Docker\/(\d[\w.-]{0,30})/.exec(server)?.[1];
  if (offered === '' && engine !== undefined) throw tooOld(url, `it is Docker ${engine}`);
  if (!/^\d{1,3}\.\d{1,3}$/.test(offered)) {
    throw new DockerFailure(
      'malformed',
      `what answers at ${url} is not a Docker engine: its answer names no API version; does --docker name the right place?`,
    );
  }
  if (isOlder(offered, OLDEST)) throw tooOld(url, `it speaks API ${offered}, and ${OLDEST} is needed`);
  return isOlder(offered, NEWEST) ? offered : NEWEST;
}

/**
 * The engine no longer speaks our newest version; it says so with status 400.
 * @returns null when `said` says something else
 */
export function tooNewFrom(url: string, said: string): DockerFailure | null {
  const oldest = /client version \S+ is too old.*?Minimum supported API version is (\d+\.\d+)/i.exec(said)?.[1];
  if (oldest === undefined) return null;
  return new DockerFailure(
    'tooNew',
    `Docker at ${url} is too new: its oldest API is ${oldest}, and ${NEWEST} is the newest that is spoken here; upgrade autoproxy`,
  );
}

function tooOld(url: string, why: string): DockerFailure {
  return new DockerFailure('tooOld', `Docker at ${url} is too old: ${why}; upgrade it to Docker 1.13 or newer`);
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
