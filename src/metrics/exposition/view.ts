/** The input in the order of the text, with the labels that many families share written once. */
import { createInstanceCounters, type InstanceCounters } from '../instance-counters.js';
import { Meter, type Traffic } from '../meter.js';
import { compareTexts, labelsOf } from './family.js';
import type { AppFigures, ExpositionInput, InstanceFigures } from './input.js';

export interface ExpositionView {
  readonly input: ExpositionInput;
  readonly apps: readonly AppView[];
  /** Of all apps. */
  readonly instances: readonly InstanceView[];
}

export interface AppView extends AppFigures {
  /** `app="shop"` */
  readonly labels: string;
  /** `proxy="shop"`, as HAProxy calls it. */
  readonly proxy: string;
  readonly isHttp: boolean;
}

export interface InstanceView extends InstanceFigures {
  readonly app: AppView;
  readonly counters: Readonly<InstanceCounters>;
  readonly traffic: Traffic;
  readonly labels: string;
  /** `proxy="shop",server="shop_172.17.0.2"` */
  readonly serverLabels: string;
}

export function viewOf(input: ExpositionInput): ExpositionView {
  const apps = input.apps.toSorted((a, b) => compareTexts(a.name, b.name)).map(appView);
  const instances = apps.flatMap((app) =>
    app.instances.toSorted((a, b) => compareTexts(a.id, b.id)).map((instance) => instanceView(app, instance)),
  );
  return { input, apps, instances };
}

function appView({ name, protocol, isBound, neighborsUp, counters, traffic, instances }: AppFigures): AppView {
  const labels = labelsOf({ app: name });
  const proxy = labelsOf({ proxy: name });
  const isHttp = protocol === 'http';
  return { name, protocol, isBound, neighborsUp, counters, traffic, instances, labels, proxy, isHttp };
}

const NOTHING = createInstanceCounters();
const NO_TRAFFIC = new Meter().read(0, 0, 0, 0);

/** Written out: of a large node there are thousands, and a spread of so many values takes fifty times as long. */
function instanceView(app: AppView, figures: InstanceFigures): InstanceView {
  const { id, server } = figures;
  return {
    app,
    id,
    server,
    labels: `${app.labels},${labelsOf({ instance: id })}`,
    serverLabels: `${app.proxy},${labelsOf({ server })}`,
    counters: app.counters.instances[id] ?? NOTHING,
    traffic: app.traffic.instances.get(id) ?? NO_TRAFFIC,
    up: figures.up,
    state: figures.state,
    weight: figures.weight,
    limit: figures.limit,
    sinceMs: figures.sinceMs,
    check: figures.check,
    failures: figures.failures,
    downs: figures.downs,
    downMs: figures.downMs,
  };
}
