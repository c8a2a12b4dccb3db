/** Chance that can be repeated: a failure names its seed, and the seed makes the same case again. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1), as Math.random gives. The generator is mulberry32: 32 bits of state, good enough to choose by. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('nothing to pick from');
    return choice;
  }

  /** `text` cut into pieces of 1 to `longest`. */
  cut(text: string, longest: number): string[] {
    const pieces: string[] = [];
    for (let start = 0; start < text.length; start += pieces.at(-1)?.length ?? 1) {
      pieces.push(text.slice(start, start + 1 + this.below(longest)));
    }
    return pieces;
  }
}
