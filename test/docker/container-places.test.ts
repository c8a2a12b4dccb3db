import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerPlaces, placesOf } from '../../src/docker/container-places.js';
import { containerOf } from '../support/docker/containers.js';

type Said = Parameters<typeof containerOf>[2];

function read(said: Said): ContainerPlaces {
  return placesOf(containerOf('web-1', 0, said));
}

/** `shop@172.17.0.2:8080`, the port of the app as `?`. */
function placesIn(said: Said): string[] {
  return read(said).places.map(({ name, address, port }) => `${name}@${address}:${port ?? '?'}`);
}

function refusalIn(said: Said): string {
  const { places, refusals } = read(said);
  assert.deepEqual(places, []);
  assert.equal(refusals.length, 1);
  return refusals[0]?.message ?? '';
}

const LABELS = { 'autoproxy.app': 'shop' };
const NETWORKS = [
  { name: 'front', address: '10.1.0.2' },
  { name: 'back', address: '10.2.0.2' },
];

test('a container that names nothing asks for nothing', () => {
  assert.deepEqual(read({}), { places: [], names: [], refusals: [], remarks: [] });
  assert.deepEqual(read({ labels: { 'autoproxy.port': '80' } }).places, []);
});

test('the port is that which is written, else the only one, else that of the app', () => {
  assert.deepEqual(placesIn({ labels: { ...LABELS, 'autoproxy.port': ' 8080 ' } }), ['shop@172.17.0.2:8080']);
  assert.deepEqual(placesIn({ labels: LABELS }), ['shop@172.17.0.2:8080']);
  assert.deepEqual(placesIn({ labels: LABELS, ports: [80, 81] }), ['shop@172.17.0.2:?']);
  assert.deepEqual(placesIn({ labels: LABELS, ports: [] }), ['shop@172.17.0.2:?']);
  for (const port of ['0', '65536', '80x', '-1', '1e3', '080', '8'.repeat(1_000_000)]) {
    assert.match(
      refusalIn({ labels: { ...LABELS, 'autoproxy.port': port } }),
      /^autoproxy\.port: ".{1,60}" is not a port$/,
    );
  }
});

test('a port that the container does not expose is used, and named', () => {
  const said = { labels: { ...LABELS, 'autoproxy.port': '9000' } };
  assert.deepEqual(placesIn(said), ['shop@172.17.0.2:9000']);
  assert.deepEqual(read({ ...said, ports: [80, 8080] }).remarks, [
    {
      message: 'autoproxy.port: the container does not expose port 9000; it is used all the same for shop',
      hint: 'it exposes 80, 8080',
    },
  ]);
  assert.deepEqual(read({ ...said, ports: [] }).remarks, [], 'the image says nothing of its ports');
  assert.deepEqual(read({ ...said, isHostNetwork: true, networks: [] }).remarks, []);
});

test('of several networks it is the one that is named, else bridge; of one it is that', () => {
  const bridge = [...NETWORKS, { name: 'bridge', address: '172.17.0.3' }];
  assert.deepEqual(placesIn({ labels: LABELS, networks: bridge }), ['shop@172.17.0.3:8080']);
  assert.deepEqual(placesIn({ labels: LABELS, networks: NETWORKS.slice(0, 1) }), ['shop@10.1.0.2:8080']);
  const named = { ...LABELS, 'autoproxy.network': 'back' };
  assert.deepEqual(placesIn({ labels: named, networks: bridge }), ['shop@10.2.0.2:8080']);
  assert.match(refusalIn({ labels: LABELS, networks: NETWORKS }), /several networks: front, back/);
  assert.match(refusalIn({ labels: { ...LABELS, 'autoproxy.network': 'bck' }, networks: NETWORKS }), /not on.*"bck"/);
  assert.match(refusalIn({ labels: LABELS, networks: [] }), /no network/);
});

test('on the network of the host it is loopback; a written address goes before all', () => {
  const host = { isHostNetwork: true, networks: [] };
  assert.deepEqual(placesIn({ ...host, labels: LABELS }), ['shop@127.0.0.1:8080']);
  assert.deepEqual(placesIn({ ...host, labels: { ...LABELS, 'autoproxy.address': '10.0.0.9' } }), [
    'shop@10.0.0.9:8080',
  ]);
  assert.match(refusalIn({ labels: { ...LABELS, 'autoproxy.address': 'web.example' } }), /not an IP address/);
});

test('one that shares the network of another container has no address of its own: that one gets the labels', () => {
  const shared = { labels: LABELS, networks: [] };
  const [refusal] = read({ ...shared, networkOf: 'a'.repeat(64) }).refusals;
  assert.deepEqual(refusal, {
    message: 'it shares the network of container aaaaaaaaaaaa and has no address of its own',
    hint: 'give its labels to that container: it has the address',
  });
  assert.match(refusalIn({ ...shared, networkOf: 'web\u0007' }), /^it shares the network of container web\\u0007 and/);
});

test('words of registrator: with several ports each has a name of its own', () => {
  assert.deepEqual(placesIn({ env: { SERVICE_NAME: 'shop' } }), ['shop@172.17.0.2:8080']);
  assert.deepEqual(placesIn({ env: { SERVICE_NAME: 'shop' }, ports: [80, 81] }), [
    'shop-80@172.17.0.2:80',
    'shop-81@172.17.0.2:81',
  ]);
  assert.deepEqual(placesIn({ env: { SERVICE_NAME: 'shop', SERVICE_81_NAME: 'desk' }, ports: [80, 81] }), [
    'shop-80@172.17.0.2:80',
    'desk@172.17.0.2:81',
  ]);
  assert.deepEqual(placesIn({ env: { SERVICE_NAME: 'shop', SERVICE_81_IGNORE: '1' }, ports: [80, 81] }), [
    'shop-80@172.17.0.2:80',
  ]);
  assert.deepEqual(placesIn({ env: { SERVICE_NAME: 'shop', SERVICE_IGNORE: 'yes' } }), []);
  assert.deepEqual(placesIn({ labels: { SERVICE_NAME: 'label' }, env: { SERVICE_NAME: 'env' } }), [
    'label@172.17.0.2:8080',
  ]);
  assert.match(refusalIn({ env: { SERVICE_NAME: 'shop' }, ports: [] }), /exposes no port/);
});

test('autoproxy.app goes before SERVICE_NAME; another port may serve another app', () => {
  const env = { SERVICE_NAME: 'old', SERVICE_9090_NAME: 'desk' };
  const said = { labels: { ...LABELS, 'autoproxy.port': '8080' }, env, ports: [8080, 9090] };
  assert.deepEqual(placesIn(said), ['shop@172.17.0.2:8080', 'desk@172.17.0.2:9090']);
  assert.deepEqual(read(said).names, ['shop', 'desk']);
});

test('SERVICE_IGNORE hides a container from registrator and not from the node: autoproxy.app goes before it', () => {
  const env = { SERVICE_NAME: 'old', SERVICE_IGNORE: '1', SERVICE_8080_IGNORE: '1' };
  assert.deepEqual(placesIn({ labels: LABELS, env }), ['shop@172.17.0.2:8080']);
  assert.deepEqual(read({ labels: LABELS, env }).names, ['shop']);
  assert.deepEqual(
    read({ labels: { ...LABELS, 'autoproxy.port': 'x' }, env }).names,
    ['shop'],
    'also where it is refused',
  );
  assert.deepEqual(read({ env }), { places: [], names: [], refusals: [], remarks: [] });
});

test('what it names is known also where it is not reached', () => {
  assert.deepEqual(read({ labels: LABELS, networks: NETWORKS }).names, ['shop']);
  assert.deepEqual(read({ env: { SERVICE_NAME: 'shop' }, ports: [80, 81] }).names, ['shop-80', 'shop-81', 'shop']);
});

test('a name that is none is refused, and shown safely', () => {
  for (const name of ['a b', 'a\u0000b', 'x'.repeat(1_000_000)]) {
    const message = refusalIn({ labels: { 'autoproxy.app': name } });
    assert.match(message, /^[\x20-\x7e]{1,120}$/);
  }
});
