/** What the name of an image says. Pure. */

export const HUB = 'docker.io';

/** The host of its registry, as Docker reads names: `shop:1` and `ops/shop` are the Hub's. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  return isHost && first !== 'index.docker.io' ? first : HUB;
}
