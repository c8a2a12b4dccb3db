import type { TestContext } from 'node:test';
import { ScriptedEngine } from '../../support/docker/scripted-engine.js';

export const SHOP =
  'name: shop\npods: [alpha]\nimage: shop:2\nprotocol: http\nnative_port: 8080\nhealth: {path: /up}\n';

export const SERVICE = {
  ...{ ID: 'id', Version: { Index: 1 }, UpdateStatus: { State: 'completed' } },
  Spec: {
    Name: 'shop-alpha',
    Labels: { 'com.autoproxy.managed': 'true', 'com.autoproxy.app': 'shop', 'com.autoproxy.pod': 'alpha' },
    TaskTemplate: { ContainerSpec: { Image: 'shop:1' } },
    Mode: { Replicated: { Replicas: 1 } },
  },
};
const NODE = {
  ...{ ID: 'node', Version: { Index: 1 }, Spec: { Labels: { pod: 'alpha' }, Availability: 'active' } },
  ...{ Description: { Hostname: 'node', Resources: {} }, Status: { State: 'ready' } },
};

/** One service, one node, and no right to keep claims. */
export async function engineOf(context: TestContext): Promise<ScriptedEngine> {
  const engine = await ScriptedEngine.start(context);
  for (const [place, value] of [
    ['/services', [SERVICE]],
    ['/nodes', [NODE]],
    ['/tasks', []],
    ['/secrets', []],
  ] as const)
    engine.answers.set(place, () => ({ body: JSON.stringify(value) }));
  engine.answers.set('/configs/create', () => ({ status: 403, body: '{}' }));
  return engine;
}
