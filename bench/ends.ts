import type { Ending } from '../test/support/at-end.js';

/** What was begun last ends first. */
export async function withEnd(measure: (context: Ending) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    await measure({ after: (end) => void ends.push(end) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
