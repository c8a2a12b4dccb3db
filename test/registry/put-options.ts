import assert from 'node:assert/strict';
import { parseAppDefinitions, type ReadDefinition } from '../../src/documents/app-definition-document.js';
import { formatProblem } from '../../src/model/problem.js';
import type { PutOptions } from '../../src/registry/put-app.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { SeededRandom } from '../support/seeded-random.js';

export const NOON = Date.UTC(2026, 0, 1, 12);

export function putOptions(changes: Partial<PutOptions> = {}): PutOptions {
  return {
    rules: DEFAULT_SLOT_RULES,
    chances: { random: chance(7), wallTime: () => NOON },
    author: 'ops@host-1',
    act: 'put',
    isDryRun: false,
    canMoveSlot: false,
    keepsSlot: false,
    alongside: [],
    ...changes,
  };
}

/** The one definition of a text that is right. */
export function definitionOf(text: string): ReadDefinition {
  const { apps, problems } = parseAppDefinitions(text, 'test.yml', 'test');
  assert.deepEqual(problems.map(formatProblem), []);
  return apps[0] ?? assert.fail('no app');
}

export function smallApp(name: string, more = ''): ReadDefinition {
  return definitionOf(`name: ${name}\npods: [alpha]\nprotocol: http\n${more}`);
}

export function chance(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => random.next();
}
