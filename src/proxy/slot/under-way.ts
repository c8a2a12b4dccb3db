import type { SessionStage } from '../../metrics/sessions.js';
import type { Instance } from './instance.js';

/** What a client has under way: a request, or, of protocol tcp, its connection. */
export interface UnderWay {
  /** When it began, on the monotonic clock. */
  readonly since: number;
  readonly stage: SessionStage;
  /** The one that has it now. */
  readonly instance: Instance | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
}
