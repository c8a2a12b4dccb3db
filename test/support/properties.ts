import fc from 'fast-check';

/** The same cases in each run; a search for new ones takes another: AUTOPROXY_SEED=$RANDOM npm test -- properties. */
const SEED = Number(process.env.AUTOPROXY_SEED ?? 13);
/** After this time no further case is begun. */
const LONGEST_MS = 5_000;
/** On a busy machine one case alone can take longer than that: this share of the cases is tried in any case. */
const LEAST_SHARE = 0.1;

// A list that may have 40 parts often has many, and not about ten at most.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

/**
 * Tries so many cases, or, when they take longer than a few seconds, at least a tenth of them; a case that was begun is
 * tried to its end. A failure names its seed, and the smallest case that fails as well.
 * @param nowMs any clock
 */
export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  cases: number,
  examples: T[] = [],
  nowMs: () => number = () => performance.now(),
): Promise<void> {
  const lastStartMs = nowMs() + LONGEST_MS;
  const least = cases * LEAST_SHARE;
  let tried = 0;
  const run = property.run.bind(property);
  Object.assign(property, {
    run(value: T) {
      if (tried >= least && nowMs() > lastStartMs) return new fc.PreconditionFailure(true);
      tried += 1;
      return run(value);
    },
  });
  await fc.assert(property, { seed: SEED, numRuns: cases, examples });
}

/** So many cases, for what is too costly to be tried case by case: real programs that are started once for all of them. */
export function casesOf<T>(arbitrary: fc.Arbitrary<T>, cases: number): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns: cases });
}
