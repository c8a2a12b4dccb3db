import type { HealthCheck } from '../model/app.js';

export interface ProbeResult {
  readonly hasPassed: boolean;
  /** For people: `200`, `connection refused`, `no answer within 2s`. */
  readonly detail: string;
}

/** Asks once. Never rejects, and never takes longer than the check's timeout. */
export type Probe = (target: {
  readonly host: string;
  readonly port: number;
  readonly check: HealthCheck;
}) => Promise<ProbeResult>;
