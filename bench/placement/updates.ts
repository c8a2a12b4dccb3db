/** A new image, environment and health path, and an image whose containers fail, at load. */
import { shopText } from '../../test/support/swarm/shop-definition.js';
import type { SwarmLab } from '../../test/support/swarm/swarm-lab.js';
import { type Happening, ordered } from './load.js';

/** The lab lacks a registry of images: without its image a task is rejected at once. */
export const UPDATES: readonly Happening[] = [
  {
    name: 'update of the image',
    async happen(lab) {
      lab.define('shop', shopText({ image: await lab.anotherImage() }));
      await ordered(lab, ['apply']);
    },
  },
  {
    name: 'update of the environment',
    async happen(lab) {
      lab.define('shop', shopText({ image: await lab.anotherImage(), version: 'b' }));
      await ordered(lab, ['apply']);
    },
  },
  {
    name: 'update of the health path',
    async happen(lab) {
      lab.define('shop', shopText({ image: await lab.anotherImage(), version: 'b', healthPath: '/ready' }));
      await ordered(lab, ['apply']);
    },
  },
  {
    name: 'an image that is not there, rolled back by itself',
    isShort: true,
    happen: (lab) => rolledBack(lab, 'localhost:9/app:missing'),
  },
  {
    name: 'an image that ends at once, rolled back by itself',
    isShort: true,
    async happen(lab) {
      await rolledBack(lab, await lab.brokenImage());
    },
  },
];

async function rolledBack(lab: SwarmLab, image: string): Promise<void> {
  const good = { version: 'b', healthPath: '/ready' };
  lab.define('shop', shopText({ ...good, image }));
  await ordered(lab, ['apply', '--no-image-check'], 4);
  const status = await ordered(lab, ['rollout', 'status', 'shop'], 4);
  const isNamed = status
    .split('\n')
    .some((line) => line.trim().startsWith('failed: ') && line.includes(`${image} on n`));
  if (!isNamed) throw new Error(`rollout status does not name ${image}:\n${status}`);
  lab.define('shop', shopText({ ...good, image: await lab.anotherImage() }));
  await ordered(lab, ['apply']);
}
