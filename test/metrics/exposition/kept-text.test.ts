/** What the exposition keeps from one text to the next saves work, and is seen in no text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createKeyedObject } from '../../../src/core/keyed-object.js';
import { Exposition, FAMILIES } from '../../../src/metrics/exposition/exposition.js';
import type { ExpositionFormat } from '../../../src/metrics/exposition/format.js';
import type { AppFigures, ExpositionInput, InstanceFigures } from '../../../src/metrics/exposition/input.js';
import { viewOf } from '../../../src/metrics/exposition/view.js';
import { createHistogram } from '../../../src/metrics/histogram.js';
import { createInstanceCounters } from '../../../src/metrics/instance-counters.js';
import { holds } from '../../support/properties.js';
import { appOf, countersOf, EVERYTHING, inputOf, instanceOf } from './inputs.js';

/** The text, line by line, by somebody who keeps nothing. */
function plainText(input: ExpositionInput, format: ExpositionFormat): string {
  const view = viewOf(input);
  let text = '';
  for (const { name, type, help, write } of FAMILIES) {
    let samples = '';
    write(view, (labels, value, kind) => {
      const all = [labels, kind?.label ?? ''].filter((part) => part !== '').join(',');
      samples += `${name}${kind?.suffix ?? ''}${all === '' ? '' : `{${all}}`} ${value}\n`;
    });
    if (samples === '') continue;
    const isOpen = format === 'openmetrics';
    const family = isOpen && type === 'counter' ? name.slice(0, -'_total'.length) : name;
    text += `# HELP ${family} ${isOpen ? help.replaceAll('"', '\\"') : help}\n# TYPE ${family} ${type}\n${samples}`;
  }
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

/** Few values, so that neighbors in a history often have the same ones. */
const count = fc.constantFrom(0, 0, 1, 7, 1_234_567_890_123, 0.000512);
const names = fc.constantFrom('a', 'b', 'shop', 'ü"\\', 'a"} 1\nb{');

const instance: fc.Arbitrary<InstanceFigures> = fc
  .record({
    id: fc.constantFrom('10.0.0.1:80', '10.0.0.2:80', '[::1]:80'),
    up: fc.boolean(),
    state: fc.constantFrom('ready' as const, 'drain' as const, 'maint' as const),
    weight: count,
    limit: fc.constantFrom(0, 5),
    sinceMs: fc.constantFrom(5_000, 6_000),
    check: fc.constantFrom(null, { code: null, status: 0, tookMs: 0 }, { code: 'L7OK', status: 200, tookMs: 2.5 }),
    downs: count,
  })
  .map(({ id, ...given }) => instanceOf(id, given));

const app: fc.Arbitrary<AppFigures> = fc
  .record({
    name: names,
    protocol: fc.constantFrom('http' as const, 'tcp' as const),
    isBound: fc.boolean(),
    requests: count,
    clientLimit: fc.constantFrom(null, 10),
    errors: fc.subarray(['STOPPING', 'NO_INSTANCE', 'CLIENT_ABORTED'] as const),
    latency: fc.constantFrom(0, 40),
    instances: fc.uniqueArray(instance, { maxLength: 3, selector: ({ id }) => id }),
  })
  .map(({ name, protocol, isBound, requests, clientLimit, errors, latency, instances }) => {
    const histogram = createHistogram();
    histogram[latency] = requests;
    const counters = countersOf({
      ...{ requests, clientLimit, latency: histogram },
      errors: Object.fromEntries(errors.map((code) => [code, requests])),
      instances: createKeyedObject(instances.map(({ id }) => [id, { ...createInstanceCounters(), requests }])),
    });
    return appOf({ name, protocol, isBound, counters, instances });
  });

const input: fc.Arbitrary<ExpositionInput> = fc
  .record({
    apps: fc.uniqueArray(app, { maxLength: 4, selector: ({ name }) => name }),
    configErrors: count,
    isWhole: fc.boolean(),
  })
  .map(({ isWhole, ...given }) => (isWhole ? { ...EVERYTHING, ...given } : inputOf(given)));

const format = fc.constantFrom('text' as const, 'openmetrics' as const);

test('over a history of changes each text is that of a node which has told nothing before', async () => {
  await holds(
    fc.property(fc.array(fc.record({ input, format }), { minLength: 1, maxLength: 8 }), (history) => {
      const exposition = new Exposition();
      for (const step of history)
        assert.equal(
          Buffer.concat(exposition.write(step.input, step.format)).toString(),
          plainText(step.input, step.format),
        );
    }),
    300,
  );
});

test('bytes that were given away never change', async () => {
  await holds(
    fc.property(fc.array(input, { minLength: 2, maxLength: 4 }), (history) => {
      const exposition = new Exposition();
      const given = history.map((step) => ({ step, parts: exposition.write(step, 'text') }));
      for (const { step, parts } of given) assert.equal(Buffer.concat(parts).toString(), plainText(step, 'text'));
    }),
    50,
  );
});

test('what has not changed is not written again', () => {
  const exposition = new Exposition();
  const first = exposition.write(EVERYTHING, 'text');
  const again = exposition.write({ ...EVERYTHING, configErrors: 5 }, 'text');
  const differing = again.filter((part, index) => part !== first[index] && !part.toString().startsWith('# HELP'));
  assert.deepEqual(differing.map(String), ['\nautoproxy_config_errors 5\n']);
});
