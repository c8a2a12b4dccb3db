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
  const apps = input.apps
    .toSorted((a, b) => compareTexts(a.name, b.name))
    .map((app): AppView => {
      const labels = labelsOf({ app: app.name });
      return { ...app, labels, proxy: labelsOf({ proxy: app.name }), isHttp: app.protocol === 'http' };
    });
  const nothing = createInstanceCounters();
  const noTraffic = new Meter().read(0, 0, 0, 0);
  const instances = apps.flatMap((app) =>
    app.instances
      .toSorted((a, b) => compareTexts(a.id, b.id))
      .map((instance): InstanceView => {
        const labels = `${app.labels},${labelsOf({ instance: instance.id })}`;
        const serverLabels = `${app.proxy},${labelsOf({ server: instance.server })}`;
        const counters = app.counters.instances[instance.id] ?? nothing;
        const traffic = app.traffic.instances.get(instance.id) ?? noTraffic;
        return { ...instance, app, counters, traffic, labels, serverLabels };
      }),
  );
  return { input, apps, instances };
}
