/** A value that may not stand where it was to be written. Who writes for one app catches it and leaves that app out. */
export class RefusedValue extends Error {
  /** What the value is: `health.path`. */
  readonly field: string;
  readonly reason: string;

  constructor(field: string, reason: string) {
    super(`${field} ${reason}`);
    this.name = 'RefusedValue';
    this.field = field;
    this.reason = reason;
  }
}
