import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { eventually } from '../eventually.js';
import { isAlive } from './processes.js';

const STARTER = `
import { spawnBound } from ${JSON.stringify(new URL('./bound-process.js', import.meta.url).href)};
const child = spawnBound([process.execPath, '-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
console.log(child.pid);
`;

test('a program ends with the process that started it, even one that is killed', async () => {
  const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
  const pid = Number(line);
  assert.ok(isAlive(pid));
  starter.kill('SIGKILL');
  await eventually('the program has ended', () => !isAlive(pid));
});
