/** What the launcher of `onSmallDisk` names the file that fills the disk. */
export const FILLER = 'filler';

interface SmallDisk {
  readonly kilobytes: number;
  /** Full from the start, by a file `filler`. */
  readonly isFull?: boolean;
}

/**
 * What a program is started through so that `folder` is a disk of its own and of this size. The disk lives in the mount
 * namespace of that program: it is gone with it, however the test ends.
 */
export function onSmallDisk(folder: string, { kilobytes, isFull = false }: SmallDisk): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const fill = isFull ? `; cat /dev/zero 2>/dev/null > "$0/${FILLER}"; test -s "$0/${FILLER}"` : '';
  const mount = `mount -t tmpfs -o size=${kilobytes}k tmpfs "$0"${fill} && exec "$@"`;
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, folder];
}
