/** A contender whose program or library is not here: it is named and left out. */
export class MissingProgram extends Error {
  constructor(program: string) {
    super(`${program} is not installed: npm run bench:setup`);
    this.name = 'MissingProgram';
  }
}
