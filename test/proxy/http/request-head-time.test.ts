/** `timeouts.request_head` beside a real HAProxy's `timeout http-request`: who is answered 408, and who is closed silently. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../../support/addresses.js';
import { startHaproxy } from '../../support/edge/haproxy-process.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf, slotOf } from '../../support/node/snapshots.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const HEAD_MS = 400;
const IDLE_MS = 900;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Pair {
  readonly ours: () => Promise<RawConnection>;
  readonly theirs: () => Promise<RawConnection>;
}

async function startPair(context: TestContext): Promise<Pair> {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const { timeouts } = slotOf({ port: 1 });
  const plane = await TestPlane.start(context, {
    slot: {
      instances: [instanceOf(instance)],
      timeouts: { ...timeouts, requestHeadMs: HEAD_MS, clientIdleMs: IDLE_MS },
    },
  });
  const front = { host: ownAddress(), port: await freePort(instance.host) };
  await startHaproxy(
    context,
    `listen front
  mode http
  timeout http-request ${HEAD_MS}ms
  timeout http-keep-alive ${IDLE_MS}ms
  bind ${front.host}:${front.port}
  server instance ${instance.host}:${instance.port}
`,
    front,
  );
  return { ours: () => plane.connect(), theirs: () => RawConnection.open(front.port, front.host) };
}

/** What a client sees that says these things, `null` being the wait for a response, and then nothing more. */
async function outcomeOf(client: RawConnection, says: readonly (string | null)[]): Promise<string> {
  for (const said of says) {
    if (said === null) await client.response();
    else client.write(said);
  }
  const rest = await client.ended();
  client.close();
  return rest === '' ? 'closed' : (rest.split(' ')[1] ?? '');
}

test('a client that stops talking is treated as HAProxy treats it', async (context) => {
  const { ours, theirs } = await startPair(context);
  const talks: readonly (readonly [readonly (string | null)[], string])[] = [
    [[], '408'],
    [['GET / HTT'], '408'],
    [['GET / HTTP/1.1\r\nHost: a\r\n'], '408'],
    [[GET, null], 'closed'],
    [[GET, null, 'GET /'], '408'],
    [[`${GET}GET /`, null], '408'],
  ];
  await Promise.all(
    talks.map(async ([says, expected]) => {
      const outcomes = await Promise.all([outcomeOf(await ours(), says), outcomeOf(await theirs(), says)]);
      assert.deepEqual(outcomes, [expected, expected], JSON.stringify(says));
    }),
  );
});
