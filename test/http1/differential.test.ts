/**
 * Two parsers that read one message differently are how requests are smuggled. So whatever this codec accepts is given
 * to Node's own parser (llhttp) in the form in which it would be forwarded: it must accept it, and see the same
 * messages, bodies and trailers end at the same bytes.
 *
 * Longer runs: FUZZ_SEED=12345 FUZZ_CASES=100000 node --test dist/test/http1/differential.test.js
 */
import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import { SeededRandom } from '../support/seeded-random.js';
import { escapeText } from './case-file.js';
import { forwardRequests, forwardResponses, type Message } from './forwarding.js';
import { createOracleServer, type Reading, readAsClient, readAsServer } from './llhttp.js';
import { generateRequests, generateResponses } from './message-generator.js';

/** Seeds that once failed: CONNECT with a path, empty extension names, tabs behind framing values. */
const KEPT_REQUESTS: readonly number[] = [10, 30, 78];
const KEPT_RESPONSES: readonly number[] = [5, 48];
const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);
const CASES = Number(process.env.FUZZ_CASES ?? 40_000);

/** Asked behind each stream: it is seen only where the last message ended for both. */
const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: a\r\n\r\n';
const SENTINEL_MESSAGE: Message = { start: 'GET /sentinel', body: '', trailers: [] };
/** llhttp knows a closed set of methods; ours is open, as RFC 9110 9.1 has it. */
const KNOWN_METHODS = new Set(METHODS);

function* seedsAfter(kept: readonly number[]): Generator<number> {
  yield* kept;
  for (let count = 0; count < CASES; count += 1) yield FIRST_SEED + count;
}

const isKnown = (start: string): boolean => KNOWN_METHODS.has(start.slice(0, start.indexOf(' ')));

/** Values are compared without the whitespace around them, which is no part of them. */
function comparable(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => ({
    ...message,
    trailers: message.trailers.map((line) => line.replace(/:[ \t]*/, ': ').replace(/[ \t]+$/, '')),
  }));
}

function checkSame(seed: number, stream: string, sent: string, reading: Reading, expected: readonly Message[]): void {
  const where = `seed ${seed}\n came: ${escapeText(stream)}\n sent: ${escapeText(sent)}`;
  assert.equal(reading.error, null, `llhttp refuses it\n ${where}`);
  assert.deepEqual(comparable(reading.messages), comparable(expected), where);
}

test('requests that are accepted are framed alike by llhttp', async () => {
  const server = createOracleServer();
  let accepted = 0;
  let broken = 0;
  for (const seed of seedsAfter(KEPT_REQUESTS)) {
    const random = new SeededRandom(seed);
    const stream = generateRequests(random);
    const { bytes, messages, partial } = forwardRequests(stream, random);
    if (!messages.every((message) => isKnown(message.start))) continue;
    if (messages.length > 0) {
      accepted += 1;
      const sent = bytes + SENTINEL;
      checkSame(seed, stream, sent, await readAsServer(server, sent), [...messages, SENTINEL_MESSAGE]);
    }
    if (isKnown(partial)) {
      broken += 1;
      const reading = await readAsServer(server, bytes + partial);
      const where = `seed ${seed}\n came: ${escapeText(stream)}\n sent: ${escapeText(bytes + partial)}`;
      assert.deepEqual(comparable(reading.messages), comparable(messages), `a broken body looks whole\n ${where}`);
    }
  }
  assert.ok(accepted > CASES / 3 && broken > CASES / 50, `${accepted} accepted and ${broken} broken of ${CASES}`);
});

test('responses that are accepted are framed alike by llhttp', async () => {
  let accepted = 0;
  let broken = 0;
  for (const seed of seedsAfter(KEPT_RESPONSES)) {
    const random = new SeededRandom(seed);
    const method = random.once(5) ? 'HEAD' : 'GET';
    const stream = generateResponses(random);
    const { bytes, messages, partial } = forwardResponses(stream, method, random);
    const isFinal = messages.length > 0 && !(messages.at(-1)?.start ?? '').startsWith('1');
    if (isFinal) {
      accepted += 1;
      checkSame(seed, stream, bytes, await readAsClient(method, bytes), messages);
    } else if (partial !== '') {
      broken += 1;
      const reading = await readAsClient(method, bytes + partial);
      const where = `seed ${seed}\n came: ${escapeText(stream)}\n sent: ${escapeText(bytes + partial)}`;
      assert.deepEqual(comparable(reading.messages), comparable(messages), `a broken body looks whole\n ${where}`);
    }
  }
  assert.ok(accepted > CASES / 3 && broken > CASES / 50, `${accepted} accepted and ${broken} broken of ${CASES}`);
});
