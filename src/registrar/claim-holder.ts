/** Holds the claim of a registrar to be the one that writes, or waits until the other one has ended. */
import { deregisterService, registerService, tellCheck, waitForServiceChange } from '../consul/agent-services.js';
import type { ConsulConnection } from '../consul/connection.js';
import { ConsulFailure } from '../consul/failure.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { reasonOf } from '../core/thrown.js';
import { claimCheckIdOf, claimIdOf, claimOf, createLife, judgeClaim, REGISTRAR_SERVICE } from './claim.js';
import type { AgentState } from './compare.js';

interface ClaimHolderOptions {
  readonly node: string;
  /** Another text at each call. */
  readonly createId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

export class ClaimHolder {
  readonly #connection: ConsulConnection;
  readonly #options: ClaimHolderOptions;
  #life: string;
  #isHeld = false;
  #isLost = false;

  constructor(connection: ConsulConnection, options: ClaimHolderOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#life = createLife(options.clock.wallTime(), options.createId());
  }

  get serviceId(): string {
    return claimIdOf(this.#options.node);
  }

  /** The agent has it, as far as is known. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Another registrar of the same node writes. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Nobody knows what the agent has now. */
  forget(): void {
    this.#isHeld = false;
  }

  /**
   * @returns what changes with each change of the claim; empty: the agent does not tell, or not this token; null: there is
   * no claim
   * @throws ConsulFailure; the reason of `signal`
   */
  async hash(signal: AbortSignal): Promise<string | null> {
    try {
      return await waitForServiceChange(this.#connection, this.serviceId, { hash: '', waitMs: 0, signal });
    } catch (error) {
      if (error instanceof ConsulFailure && error.kind === 'denied') return '';
      throw error;
    }
  }

  /**
   * Takes it, renews it, or sees that another one has it.
   * @returns why it may not be written; the containers are registered all the same
   * @throws ConsulFailure for all other failures
   */
  async take({ services, checks }: AgentState): Promise<ConsulFailure | null> {
    const { node, clock, createId } = this.#options;
    const verdict = judgeClaim(services, checks, { node, life: this.#life });
    this.#noteLoss(verdict === 'lost');
    this.#isHeld = verdict === 'held';
    if (verdict === 'lost') return null;
    // One that began later must not count for more when it is gone.
    if (verdict === 'lapsed') this.#life = createLife(clock.wallTime(), createId());
    try {
      // One that is held may be gone since it was read: the agent then fails to tell its check.
      if (verdict !== 'held' || !(await this.#renew())) await this.#write();
      this.#isHeld = true;
      return null;
    } catch (error) {
      if (error instanceof ConsulFailure && error.kind === 'denied') return error;
      throw error;
    }
  }

  /** @returns whether the agent has it still */
  async #renew(): Promise<boolean> {
    try {
      await this.#tell();
      return true;
    } catch (error) {
      if (error instanceof ConsulFailure && (error.kind === 'failing' || error.kind === 'refused')) return false;
      throw error;
    }
  }

  async #write(): Promise<void> {
    await registerService(this.#connection, claimOf(this.#options.node, this.#life), () => 'passing');
    await this.#tell();
  }

  async #tell(): Promise<void> {
    const told = { status: 'passing', output: 'it compares containers and services' } as const;
    await tellCheck(this.#connection, claimCheckIdOf(this.#options.node), told, REGISTRAR_SERVICE);
  }

  /** Another registrar of the same node need not wait until it lapses. Never rejects. */
  async giveUp(deadlineMs: number): Promise<void> {
    if (!this.#isHeld) return;
    const claim = { id: this.serviceId, name: REGISTRAR_SERVICE };
    await deregisterService(this.#connection, claim, deadlineMs).catch((error: unknown) =>
      this.#options.log.debug({ reason: reasonOf(error) }, 'the claim of the registrar stays until it lapses'),
    );
  }

  #noteLoss(isLost: boolean): void {
    const { node, log } = this.#options;
    if (isLost && !this.#isLost) {
      const hint = 'give one of the two nodes another name (--node)';
      log.error(
        { node, hint },
        'a node of this name that began later registers at this agent; this one registers nothing',
      );
    } else if (!isLost && this.#isLost) {
      log.info({ node }, 'the other node of this name has ended; this one registers again');
    }
    this.#isLost = isLost;
  }
}
