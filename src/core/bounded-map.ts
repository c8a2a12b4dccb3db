/**
 * `Promise.all` of a list that may be long, at most `limit` at a time: a promise, a buffer and a descriptor for each of
 * thousands of files at once cost memory, and descriptors that others need.
 * @returns the results in the order of the items. Rejects with the first error; what is under way then ends unheard
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const entries = items.entries();
  const run = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run));
  return results;
}
