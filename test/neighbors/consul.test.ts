/**
 * Neighbors of a Consul that says which answers hide something, as 1.11 and newer do. The answers are written after its
 * documents, since tests run 1.8; what 1.8 does is in test/e2e.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import { systemClock } from '../../src/core/clock.js';
import { ConsulNeighbors } from '../../src/neighbors/consul.js';
import type { NodeRemarks } from '../../src/neighbors/neighbor-source.js';
import { consulSettings } from '../registry/registries.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { createRecordingLog } from '../support/recording-log.js';

interface Told {
  readonly addresses: readonly string[];
  readonly remarks: NodeRemarks | undefined;
}

function entryOf(name: string): unknown {
  const Service = {
    ID: `autoproxy-alpha-${name}`,
    Service: 'autoproxy',
    Tags: ['alpha'],
    Port: 1936,
    Address: `10.0.0.${name}`,
  };
  return { Node: { Node: `agent-${name}`, Address: '' }, Service: { ...Service, Meta: { node: name } }, Checks: [] };
}

/** A clock that a test can move on by hand; what waits by it waits in truth for no longer than a moment. */
function createJumpingClock() {
  let jumpedMs = 0;
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + jumpedMs,
    setTimer: (delayMs, run) => {
      if (delayMs < 10_000) return systemClock.setTimer(delayMs, run);
      const entry = { at: systemClock.now() + jumpedMs + delayMs, run };
      waiting.add(entry);
      return { cancel: () => void waiting.delete(entry) };
    },
  };
  const jump = (ms: number): void => {
    jumpedMs += ms;
    for (const entry of [...waiting]) {
      if (entry.at > clock.now()) continue;
      waiting.delete(entry);
      entry.run();
    }
  };
  return { clock, jump };
}

/** Asks a Consul that holds each query until the test says an answer. */
async function startNeighbors(context: TestContext) {
  const { clock, jump } = createJumpingClock();
  const waiting: ServerResponse[] = [];
  const host = ownAddress();
  const server = createServer((_request, response) => waiting.push(response)).listen(0, host);
  await once(server, 'listening');
  const { log } = createRecordingLog();
  const told: Told[] = [];
  const neighbors = new ConsulNeighbors({
    settings: consulSettings(`http://${host}:${(server.address() as AddressInfo).port}`),
    pod: 'alpha',
    own: { id: 'autoproxy-alpha-1', agent: 'agent-1' },
    clock,
    random: Math.random,
    log,
    isRegistered: () => true,
    onForgotten: () => {},
  });
  atEnd(context, async () => {
    server.closeAllConnections();
    server.close();
    await neighbors.stop();
  });
  let index = 10;
  const answer = async (names: readonly string[], isFiltered: boolean): Promise<Told> => {
    await eventually('it asks', () => waiting.length > 0);
    const count = told.length;
    index += 1;
    const headers = {
      'content-type': 'application/json',
      'x-consul-index': String(index),
      'x-consul-knownleader': 'true',
      ...(isFiltered ? { 'x-consul-results-filtered-by-acls': 'true' } : {}),
    };
    waiting
      .shift()
      ?.writeHead(200, headers)
      .end(JSON.stringify(names.map(entryOf)));
    await eventually('it tells', () => told.length > count);
    return told.at(-1) as Told;
  };
  neighbors.start((addresses, remarks) => told.push({ addresses, remarks }));
  const fail = async (): Promise<void> => {
    await eventually('it asks', () => waiting.length > 0);
    waiting.shift()?.writeHead(500).end();
  };
  return { answer, fail, jump, told };
}

function standingsOf({ remarks }: Told): string {
  return remarks?.nodes.map(({ name, standing }) => `${name} ${standing}`).join() ?? '';
}

function problemsOf({ remarks }: Told): string {
  return remarks?.problems.map(({ message, hint }) => `${message} (${hint})`).join('\n') ?? '';
}

test('what a token does not show any more has not left; what it never showed is named', async (context) => {
  const { answer } = await startNeighbors(context);
  assert.deepEqual((await answer(['1', '2', '3'], false)).addresses, ['10.0.0.2', '10.0.0.3']);
  const hidden = await answer(['1', '2'], true);
  assert.deepEqual(hidden.addresses, ['10.0.0.2', '10.0.0.3']);
  assert.match(problemsOf(hidden), /^Consul hides a part of the nodes of pod alpha; those that it has shown stay /);
  assert.match(problemsOf(hidden), /\(give the token the right service "autoproxy" .* node_prefix ""/);
  const seen = await answer(['1', '2'], false);
  assert.deepEqual([seen.addresses, problemsOf(seen)], [['10.0.0.2'], '']);
});

test('a token that never showed all is believed in what it shows', async (context) => {
  const { answer } = await startNeighbors(context);
  const first = await answer(['1', '2', '3'], true);
  assert.match(problemsOf(first), /^Consul hides a part of the nodes of pod alpha \(/);
  assert.deepEqual((await answer(['1', '3'], true)).addresses, ['10.0.0.3']);
});

test('after a failure, and where it forgets this node, Consul is given a minute to find the others again', async (context) => {
  const { answer, fail, jump, told } = await startNeighbors(context);
  await answer(['1', '2', '3'], false);
  await fail();
  const poor = await answer(['1', '2'], false);
  assert.equal(standingsOf(poor), '2 counted,3 doubted');
  assert.deepEqual(poor.addresses, ['10.0.0.2', '10.0.0.3']);
  assert.equal(poor.remarks?.nodes[1]?.remark, 'Consul has not shown it since it failed');
  assert.equal(standingsOf(await answer(['1', '2', '3'], false)), '2 counted,3 counted');
  // All is lost, and this node is the first that registers again.
  assert.equal(standingsOf(await answer([], false)), '2 doubted,3 doubted');
  assert.match(standingsOf(await answer(['1'], false)), /2 doubted,3 doubted/);
  jump(59_000);
  assert.equal(told.at(-1)?.addresses.length, 2);
  jump(2_000);
  assert.deepEqual(told.at(-1)?.addresses, []);
  // Without a fault who leaves has left.
  await answer(['1', '2'], false);
  assert.equal(standingsOf(await answer(['1'], false)), '');
});
