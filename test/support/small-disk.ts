/**
 * What a program is started through so that `folder` is a disk of its own and of this size. The disk lives in the mount
 * namespace of that program: it is gone with it, however the test ends.
 */
export function onSmallDisk(folder: string, kilobytes: number): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const mount = `mount -t tmpfs -o size=${kilobytes}k tmpfs "$0" && exec "$@"`;
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, folder];
}
