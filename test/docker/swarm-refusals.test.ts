/** What a manager refuses, in words that say what to do. The answers are those of engines 20.10 and 28. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalFrom } from '../../src/docker/connection-failures.js';

const ENDPOINT = {
  url: 'unix:///run/docker.sock',
  socketPath: '/run/docker.sock',
  origin: 'http://d',
  isSecure: false,
};

function refused(status: number, message: string) {
  const { kind, message: said } = refusalFrom(status, JSON.stringify({ message }), 'the update of service a', ENDPOINT);
  return { kind, said };
}

test('an engine that is not a manager', () => {
  for (const [message, words] of [
    [
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      /is not a manager of a Swarm: name the socket of a manager with --docker or DOCKER_HOST; "docker swarm init" makes one$/,
    ],
    [
      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
      /is a worker of a Swarm, and only its managers do this: name the socket of a manager with --docker or DOCKER_HOST$/,
    ],
  ] as const) {
    const { kind, said } = refused(503, message);
    assert.equal(kind, 'notManager');
    assert.match(said, words);
  }
});

test('a service that somebody else changed, or made, meanwhile', () => {
  for (const [status, message] of [
    [500, 'rpc error: code = Unknown desc = update out of sequence'],
    [409, 'rpc error: code = AlreadyExists desc = name conflicts with an existing object: service a already exists'],
  ] as const) {
    const { kind, said } = refused(status, message);
    assert.equal(kind, 'outOfSequence');
    assert.match(said, /refuses the update of service a: somebody else changed it meanwhile/);
  }
  assert.equal(refused(500, 'some other trouble').kind, 'failing');
});
