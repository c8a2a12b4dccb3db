import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { MessageRate } from '../../core/message-rate.js';
import type { Transport } from '../io/transport.js';

/** A proof counts in its window and in the one before and after it, so the clocks of a pod may differ by this much. */
export const WINDOW_MS = 30_000;
/** A node with another key or clock is so with each of its requests. */
const LOG_INTERVAL_MS = 10_000;

interface BleedMarksOptions {
  /** Name and id of this node. */
  readonly node: string;
  readonly nodeId: string;
  /** Those that the pod shares: the first one signs, each is believed. Without keys no mark is proven. */
  readonly keys: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What a node writes on bled traffic: its name, and where the pod shares a key, a proof that it holds it:
 *
 *   docker-1;59123456;HMAC-SHA256(key, name, id of the receiver, window) in base64url
 *
 * A mark that is read on the wire can be used towards the same process for at most two windows; the id is new with each
 * start. A proof is made once a window and receiver.
 */
export class BleedMarks {
  readonly #node: string;
  readonly #nodeId: string;
  readonly #keys: readonly string[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #failures: MessageRate;
  /** By receiver, of the newest window. */
  readonly #made = new Map<string, string>();
  #madeIn = 0;

  constructor({ node, nodeId, keys, clock, log }: BleedMarksOptions) {
    this.#node = node;
    this.#nodeId = nodeId;
    this.#keys = keys;
    this.#clock = clock;
    this.#log = log;
    this.#failures = new MessageRate(clock, LOG_INTERVAL_MS);
  }

  get canProve(): boolean {
    return this.#keys.length > 0;
  }

  /** @param receiver id of the neighbor, as its health port names it; null: it has none, and the mark carries no proof */
  markFor(receiver: string | null): string {
    const key = this.#keys[0];
    if (key === undefined || receiver === null) return this.#node;
    const window = this.#window();
    if (window !== this.#madeIn) this.#made.clear();
    this.#madeIn = window;
    let mark = this.#made.get(receiver);
    if (mark === undefined) {
      mark = `${this.#node};${window};${proofOf(key, this.#node, receiver, window).toString('base64url')}`;
      this.#made.set(receiver, mark);
    }
    return mark;
  }

  /** Whether a mark was made for this node by one that holds a key of the pod. @param peer where it came from, for the log */
  proves(mark: string, peer: string): boolean {
    if (this.#keys.length === 0) return false;
    const [, name = '', windowText = '', text = ''] = /^([^;]+);(\d{1,12});([\w-]{43})$/.exec(mark) ?? [];
    if (text === '') return false;
    const window = Number(windowText);
    const isInTime = Math.abs(window - this.#window()) <= 1;
    const given = Buffer.from(text, 'base64url');
    const isRight = this.#keys.some((key) => timingSafeEqual(given, proofOf(key, name, this.#nodeId, window)));
    if (isRight && isInTime) return true;
    this.#say(
      peer,
      isRight
        ? 'the clocks of the nodes differ, or the mark is an old one'
        : 'the mark was made with another key, or for another node',
    );
    return false;
  }

  #window(): number {
    return Math.floor(this.#clock.wallTime() / WINDOW_MS);
  }

  #say(peer: string, reason: string): void {
    const suppressed = this.#failures.ask();
    if (suppressed === null) return;
    this.#log.warn({ peer, reason, suppressed }, 'a bleed mark was not accepted');
  }
}

/** The mark of a connection's requests, which a node writes alike for a whole window: it is proven once. */
export class ProvenMark {
  #mark = '';
  #marks: BleedMarks | null = null;
  #isProven = false;
  #until = 0;

  isProof(mark: string, marks: BleedMarks, transport: Transport, clock: Clock): boolean {
    const now = clock.now();
    if (mark !== this.#mark || marks !== this.#marks || now >= this.#until) {
      // A copy: a piece of a head's text holds all of it, for as long as the connection lives.
      this.#mark = Buffer.from(mark, 'latin1').latin1Slice();
      this.#marks = marks;
      this.#isProven = marks.proves(mark, transport.peer().address);
      this.#until = now + WINDOW_MS;
    }
    return this.#isProven;
  }
}

/** 32 bytes. Names hold no line end, so two different pairs of names never give the same text. */
function proofOf(key: string, sender: string, receiver: string, window: number): Buffer {
  return createHmac('sha256', key).update(`autoproxy bleed\n${sender}\n${receiver}\n${window}`).digest();
}
