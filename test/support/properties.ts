import fc from 'fast-check';

/** The same cases in each run; a search for new ones takes another: AUTOPROXY_SEED=$RANDOM npm test -- properties. */
const SEED = Number(process.env.AUTOPROXY_SEED ?? 13);
const LONGEST_MS = 5_000;

// A list that may have 40 parts often has many, and not about ten at most.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

/**
 * Tries so many cases, or as many as a few seconds allow. A failure names its seed, and the smallest case that fails as
 * well.
 */
export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  cases: number,
  examples: T[] = [],
): Promise<void> {
  let last: unknown = null;
  const run = property.run.bind(property);
  Object.assign(property, {
    run(value: T) {
      last = run(value);
      return last;
    },
  });
  try {
    await fc.assert(property, { seed: SEED, numRuns: cases, interruptAfterTimeLimit: LONGEST_MS, examples });
  } finally {
    // A case over which the time ran out goes on, and needs what the end of its test takes away.
    await last;
  }
}

/** So many cases, for what is too costly to be tried case by case: real programs that are started once for all of them. */
export function casesOf<T>(arbitrary: fc.Arbitrary<T>, cases: number): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: cases });
}
