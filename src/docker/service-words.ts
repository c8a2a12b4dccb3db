/**
 * The words of registrator, `SERVICE_X` and `SERVICE_<port>_X`, as labels or variables of a container
 * (gliderlabs/registrator, docs/user/services.md).
 */
import type { Container } from './container.js';

type WordsOfContainer = Pick<Container, 'labels' | 'env'>;

/**
 * The form with the port goes before the form without it, a label before a variable. An empty word counts as absent.
 * @param word in capitals, as people write it: `NAME`, `CHECK_HTTP`; the container may have it in any letter case
 * @returns null when the container does not have it
 */
export function serviceWord(container: WordsOfContainer, port: number, word: string): string | null {
  return wordNamed(container, `${port}_${word}`) ?? wordNamed(container, word);
}

/** Only the form with the port: what was said of this port alone. */
export function serviceWordOfPort(container: WordsOfContainer, port: number, word: string): string | null {
  return wordNamed(container, `${port}_${word}`);
}

function wordNamed({ labels, env }: WordsOfContainer, word: string): string | null {
  const name = `SERVICE_${word}`;
  for (const words of [labels, env]) {
    const value = words.get(name) || anyCase(words, name);
    if (value !== '') return value;
  }
  return null;
}

/** As registrator reads it: `SERVICE_` in capitals, the rest in any letter case. */
function anyCase(words: ReadonlyMap<string, string>, name: string): string {
  for (const [key, value] of words) {
    if (value !== '' && key.startsWith('SERVICE_') && key.toUpperCase() === name) return value;
  }
  return '';
}
