/** Which exchanges of a slot the access log has when it has one of so many. */
export class LogTurns {
  #turn = 0;

  /** @returns whether this one has its turn: the first, and then each `every`th */
  take(every: number): boolean {
    const turn = this.#turn;
    this.#turn = turn + 1 >= every ? 0 : turn + 1;
    return turn === 0;
  }
}
