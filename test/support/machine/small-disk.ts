/** What the launcher of `onSmallDisk` names the file that fills the disk. */
export const FILLER = 'filler';

interface SmallDisk {
  readonly kilobytes: number;
  /** Full from the start, by a file `filler`. */
  readonly isFull?: boolean;
  /** Files and directories that it takes, its root among them; by default as many as there is room for. */
  readonly files?: number;
  /** Mounted for reading alone. */
  readonly isReadOnly?: boolean;
}

/**
 * What a program is started through so that `folder` is a disk of its own and of this size. The disk lives in the mount
 * namespace of that program: it is gone with it, however the test ends.
 */
export function onSmallDisk(
  folder: string,
  { kilobytes, isFull = false, files, isReadOnly = false }: SmallDisk,
): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const fill = isFull ? `; cat /dev/zero 2>/dev/null > "$0/${FILLER}"; test -s "$0/${FILLER}"` : '';
  const count = files === undefined ? '' : `,nr_inodes=${files}`;
  const close = isReadOnly ? ' && mount -o remount,ro "$0"' : '';
  const mount = `mount -t tmpfs -o size=${kilobytes}k${count} tmpfs "$0"${fill}${close} && exec "$@"`;
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, folder];
}
