/** A manager that does not answer is asked again until the end of the time; one that says no is believed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerFailure, type DockerFailureKind } from '../../src/docker/failure.js';
import { untilAnswered, untilMade } from '../../src/placement/silence.js';

/** @param answers what comes of each question; the time goes on by `stepMs` with each */
async function asked(answers: readonly (DockerFailureKind | 'fault' | number)[], stepMs: number) {
  const said: string[] = [];
  let [count, time] = [0, 0];
  const ask = async (): Promise<number> => {
    const answer = answers[Math.min(count, answers.length - 1)] ?? 'fault';
    count += 1;
    time += stepMs;
    if (typeof answer === 'number') return answer;
    throw answer === 'fault' ? new TypeError('a fault') : new DockerFailure(answer, `it is ${answer}`);
  };
  const { signal } = new AbortController();
  const parts = { onSilence: (reason: string) => said.push(reason), now: () => time, until: 90_000, signal };
  const outcome = await untilAnswered(ask, parts).catch((error: Error) => error.message);
  return { outcome, count, said };
}

test('a manager that restarts is asked again, and people are told once', async () => {
  const answers = ['cut', 'missing', 'notManager', 7] as const;
  assert.deepEqual(await asked(answers, 1_000), { outcome: 7, count: 4, said: ['it is cut'] });
});

test('at the end of the time it is over', async () => {
  assert.deepEqual(await asked(['unreachable'], 30_000), {
    outcome: 'it is unreachable',
    count: 3,
    said: ['it is unreachable'],
  });
});

test('a refusal is an answer, and a fault of the program is told at once', async () => {
  assert.deepEqual(await asked(['denied', 7], 1_000), { outcome: 'it is denied', count: 1, said: [] });
  assert.deepEqual(await asked(['fault', 7], 1_000), { outcome: 'a fault', count: 1, said: [] });
});

/** @param answers of the calls that change; `seen` says whether the change is there when it is asked for */
async function made(answers: readonly (DockerFailure | null)[], seen: readonly boolean[]) {
  let [calls, looks] = [0, 0];
  const make = async (): Promise<void> => {
    const answer = answers[calls] ?? null;
    calls += 1;
    if (answer !== null) throw answer;
  };
  const isMade = async (): Promise<boolean> => {
    looks += 1;
    return seen[looks - 1] ?? false;
  };
  const { signal } = new AbortController();
  const parts = { onSilence: () => {}, now: () => 0, until: 1, signal };
  const outcome = await untilMade(make, isMade, parts).then(
    () => 'made',
    (error: Error) => error.message,
  );
  return { outcome, calls, looks };
}

test('a change whose answer was lost is looked for before it is asked for again', async () => {
  const cut = new DockerFailure('cut', 'broken off');
  const old = new DockerFailure('outOfSequence', 'somebody else');
  assert.deepEqual(await made([cut], [true]), { outcome: 'made', calls: 1, looks: 1 });
  assert.deepEqual(await made([cut], [false]), { outcome: 'made', calls: 2, looks: 1 });
  assert.deepEqual(await made([cut, old], [false, true]), { outcome: 'made', calls: 2, looks: 2 }, 'it came late');
  assert.deepEqual(await made([cut, old], [false, false]), { outcome: 'somebody else', calls: 2, looks: 2 });
  assert.deepEqual(await made([old], [true]), { outcome: 'somebody else', calls: 1, looks: 0 });
});

test('a change that the manager refuses with 5xx is not asked for again; without a leader it is', async () => {
  const mode = new DockerFailure('failing', 'answered 501 (service mode change is not allowed)');
  assert.deepEqual(await made([mode], []), { outcome: mode.message, calls: 1, looks: 0 });
  const leaderless = new DockerFailure('failing', 'answered 503 (The swarm does not have a leader.)');
  assert.deepEqual(await made([leaderless], [false]), { outcome: 'made', calls: 2, looks: 1 });
});
