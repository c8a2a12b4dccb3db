/** From a definition to services: what is refused, what is warned of, what becomes of secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal, type Refusal } from '../../src/core/refusal.js';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { type WantedServices, wantedServices } from '../../src/placement/wanted-services.js';

const WHOLE = {
  name: 'shop',
  pods: ['alpha'],
  image: 'shop:1',
  protocol: 'http',
  native_port: 8080,
  health: { path: '/up' },
};

function wantedOf(keys: object): WantedServices | Refusal {
  const { apps, problems } = parseAppDefinitions(JSON.stringify({ ...WHOLE, ...keys }), 'shop.yml', 'registry');
  assert.deepEqual(problems, []);
  return wantedServices(apps[0]?.definition ?? assert.fail());
}

function placed(keys: object): WantedServices {
  const wanted = wantedOf(keys);
  assert.ok(!isRefusal(wanted));
  return wanted;
}

test('what cannot be placed is refused, with what to do', () => {
  for (const [keys, message] of [
    [{ image: undefined }, /^shop: it has no image/],
    [{ native_port: undefined }, /^shop: it has no native_port/],
    [{ pods: ['p'.repeat(63)] }, /^shop: "shop-p+" is too long for the name of a service/],
    [{ env: { DB: { from: 'file:/run/secrets/db' }, DB_FILE: 'x' } }, /^shop: DB_FILE is to name the file of DB/],
  ] as const) {
    const refusal = wantedOf(keys);
    assert.ok(isRefusal(refusal));
    assert.match(refusal.message, message);
    assert.notEqual(refusal.hint, '');
  }
});

test('instances are shared among the pods: at least one in each, all of them together not less', () => {
  for (const pods of [1, 2, 3, 5])
    for (const numInstances of [1, 2, 3, 4, 7, 20]) {
      const names = Array.from({ length: pods }, (_, index) => `p${index}`);
      const counts = placed({ pods: names, num_instances: numInstances }).services.map(({ replicas }) => replicas);
      const sum = counts.reduce((total, count) => total + count, 0);
      assert.equal(sum, Math.max(numInstances, pods));
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1 && Math.min(...counts) >= 1);
    }
});

test('a secret is a secret of Swarm or a file of the node, and its variable names the file', () => {
  const { services } = placed({
    env: {
      LOG: 'info',
      KEY: { from: 'file:/etc/keys/app.pem' },
      DB: { from: 'file:/run/secrets/db' },
      DEEP: { from: 'file:/run/secrets/team/db' },
    },
  });
  const { env, secrets, hostFiles } = services[0] ?? assert.fail();
  assert.deepEqual(env, [
    'DB_FILE=/run/secrets/db',
    'DEEP_FILE=/run/secrets/team/db',
    'KEY_FILE=/etc/keys/app.pem',
    'LOG=info',
  ]);
  assert.deepEqual(secrets, [{ name: 'db', path: '/run/secrets/db' }]);
  assert.deepEqual(hostFiles, ['/etc/keys/app.pem', '/run/secrets/team/db']);
});

test('the path of a check is one word of the shell for any characters in it', () => {
  const { services } = placed({ health: { path: `/it's;$(reboot)` } });
  const [, command = ''] = services[0]?.healthcheck?.test ?? [];
  assert.ok(command.includes(`'http://127.0.0.1:8080/it'\\''s;$(reboot)'`), command);
});

test('what loses requests is warned of', () => {
  const check = (healthcheck: object) => placed({ health: {}, placement: { healthcheck } }).warnings;
  assert.deepEqual(placed({}).warnings, []);
  assert.match(placed({ health: {} }).warnings.join(), /^without a HEALTHCHECK an old container stops 1 s after/);
  assert.match(check({ source: 'none' }).join(), /without a HEALTHCHECK/);
  assert.deepEqual(check({ source: 'image' }), []);
  assert.deepEqual(check({ command: ['check'] }), []);
  assert.deepEqual(placed({ health: {}, placement: { update: { order: 'stop-first' } } }).warnings, []);
  const { warnings } = placed({ placement: { stop_grace: '30s' } });
  assert.match(warnings.join(), /placement\.stop_grace ends before timeouts\.drain/);
});
