/** All files of one configuration of HAProxy, as the renderer makes them and as the directory of releases keeps them. */
import { createHash } from 'node:crypto';

export interface Release {
  /** Of the content, 16 hex digits: equal input gives an equal id, in any order of the apps. */
  readonly id: string;
  /**
   * Contents by name, sorted by name, relative to the release's own directory: `haproxy.cfg`, `crt-list.txt`,
   * `maps/prefix.map`, `lists/deny_src.lst`, `errors/404.http`, `certs/one.pem`. Nothing outside of it is referred to
   * but sockets and the state file, so that a release can be checked where it was built, moved, and gone back to.
   */
  readonly files: ReadonlyMap<string, string>;
}

/** The certificates and the names that each stands for. */
export const CERTIFICATE_LIST = 'crt-list.txt';

/** Of one file; a map of 30 000 hosts is 2 MB. A larger file was not written by this program. */
export const MAX_RELEASE_FILE_BYTES = 67_108_864;

/** Holds private keys, so only the owner reads what is in it. */
export const CERTIFICATES_FOLDER = 'certs/';

export function releaseFromFiles(files: Iterable<readonly [string, string]>): Release {
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  const hash = createHash('sha256');
  for (const [name, content] of sorted) hash.update(`${name}\0${Buffer.byteLength(content)}\0`).update(content);
  return { id: hash.digest('hex').slice(0, 16), files: new Map(sorted) };
}

/** The lines of a file of a release. */
export function linesOf(content: string): readonly string[] {
  return content === '' ? [] : content.replace(/\n$/, '').split('\n');
}
