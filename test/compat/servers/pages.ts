/**
 * The paths that the servers answer, each by its own means:
 *
 * - `/` with `ok`
 * - `/echo` with what reached the application: lines of `name: value`
 * - `/large` with LARGE_BYTES bytes, and with ranges where the server knows them
 * - `/chunked` with a body whose length is unknown at first
 * - `/none` with 204, `/moved` with 302 to `/`, `/cookies` with two `Set-Cookie`
 * - `/gzip` compressed, where the client accepts it
 * - `/trailers` with a field behind its chunks, `/hints` with a 103 first
 * - `/cut` with fewer bytes than its length says
 * - `/socket` as a WebSocket that sends back what it gets
 */
export type Page =
  | '/'
  | '/echo'
  | '/large'
  | '/chunked'
  | '/none'
  | '/moved'
  | '/cookies'
  | '/gzip'
  | '/trailers'
  | '/hints'
  | '/cut'
  | '/socket';

export const LARGE_BYTES = 300_000;

/** For servers of files. */
export const LARGE_TEXT = 'all work and no play\n'.repeat(LARGE_BYTES).slice(0, LARGE_BYTES);

/** What any application can answer. */
export const COMMON_PAGES: readonly Page[] = [
  '/',
  '/echo',
  '/large',
  '/chunked',
  '/none',
  '/moved',
  '/cookies',
  '/gzip',
];
