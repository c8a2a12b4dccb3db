/**
 * A life of an instance is one run of what answers at its address, such as a container from its start to its end. The next
 * run at the same address is another instance, of the same app or of another one.
 */

/** Where a life was reached and is not any more: its container has ended, or has lost the address. */
export interface GonePlace {
  readonly life: string;
  /** null: the life is over, so it is reached nowhere. */
  readonly host: string | null;
}

/**
 * Whether the address has changed hands. null: restarts there are unknown, as of an address in a file without a container
 * engine; the address then counts as unchanged.
 */
export function isOtherLife(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}

export function isGone(gone: readonly GonePlace[], life: string | null, host: string): boolean {
  return life !== null && gone.some((place) => place.life === life && (place.host ?? host) === host);
}
