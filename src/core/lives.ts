/**
 * A life of an instance is one run of what answers at its address, such as a container from its start to its end. Who
 * comes after it at the same address is another instance, of whatever app.
 */

/**
 * Whether the address has changed hands. null: nothing is known of restarts there, as of an address in a file without a
 * container engine, so nothing says that it has.
 */
export function isOtherLife(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}
