import type { HealthCheck } from '../model/app.js';
import type { CheckCode } from './check-code.js';
import type { Condition, Health } from './rise-fall.js';

export interface LastCheck {
  readonly ok: boolean;
  readonly detail: string;
  /** Absent: the probe does not say. */
  readonly code?: CheckCode;
  /** Of an answer over HTTP. */
  readonly status?: number;
  /** Absent: traffic decided, no check. */
  readonly tookMs?: number;
  /** On the monotonic clock. */
  readonly at: number;
}

/** All that is known of a target. */
export interface Measurement extends Condition {
  readonly check: HealthCheck;
  /** null: no check has ended yet. */
  readonly last: LastCheck | null;
  /** Since when its health has been what it is, on the monotonic clock. */
  readonly since: number;
  readonly record: HealthRecord;
}

/** What HAProxy counts of a server since it is known: `chkfail`, `chkdown` and `downtime`. */
interface HealthRecord {
  /** Checks that failed while it was up. */
  readonly failures: number;
  /** How often it went from up to down. */
  readonly downs: number;
  readonly downMs: number;
}

export class HealthCounts {
  #failures = 0;
  #downs = 0;
  /** Without the present state. */
  #downMs = 0;

  /** A check failed. @param health that the target had */
  onFailure(health: Health): void {
    if (health === 'up') this.#failures += 1;
  }

  /** The target had this health for so long, and has another one now. */
  onEnd(health: Health, lastedMs: number): void {
    if (health === 'up') this.#downs += 1;
    if (health === 'down') this.#downMs += lastedMs;
  }

  /** @param health at present, and for how long so far */
  recordAt(health: Health, lastedMs: number): HealthRecord {
    const downMs = this.#downMs + (health === 'down' ? lastedMs : 0);
    return { failures: this.#failures, downs: this.#downs, downMs };
  }
}
