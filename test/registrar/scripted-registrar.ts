/** A registrar at an agent on a script, on a clock of the test's own. */
import type { TestContext } from 'node:test';
import type { Container } from '../../src/docker/container.js';
import { Registrar } from '../../src/registrar/registrar.js';
import { consulSettings } from '../registry/registries.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';
import { type ContainerPlan, containerOf } from './containers.js';
import { ScriptedAgent } from './scripted-agent.js';

export const CLAIM = 'autoproxy-registrar-n1';
/** Asked once a round, so rounds are counted by it. */
export const ROUND = 'GET /agent/checks';
export const LOOK = 'GET /agent/services';

/** One that has run for long enough to be proved. */
export function shopOf(number: number, plan: ContainerPlan = {}): Container {
  return containerOf(number, { env: { SERVICE_NAME: 'shop' }, since: -60_000, ...plan });
}

export async function startScripted(context: TestContext, random = 1) {
  const agent = await ScriptedAgent.start(context);
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const settings = consulSettings(agent.url);
  const parts = { settings, node: 'n1', consulNode: 'c1', createId: () => 'id', clock, random: () => random, log };
  const registrar = new Registrar(parts);
  atEnd(context, async () => {
    const stopped = registrar.stop();
    await clock.advance(1_000);
    await stopped;
  });
  /** Until it rests with a question at the agent. */
  const rests = () => eventually('it rests', () => agent.held === 1);
  /** Until it waits for so long. */
  const waits = (ms: number) => eventually(`it waits for ${ms} ms`, () => clock.waits().includes(ms));
  /** The question that rests is answered, and it has looked at the services. */
  const lookOnce = async (): Promise<void> => {
    const looks = agent.countOf(LOOK);
    agent.release();
    await agent.hasBeenAsked(LOOK, looks + 1);
  };
  const begin = (...containers: readonly Container[]): void => {
    registrar.setContainers(containers);
    registrar.start(() => []);
  };
  /** As after runs of the agent's own checks. */
  const ranAll = (): void => {
    for (const [id, check] of agent.checks) agent.checks.set(id, { ...check, Output: 'it ran' });
  };
  const said = () => lines.map(({ level, msg }) => `${level}: ${msg}`);
  return { agent, clock, lines, said, registrar, begin, ranAll, rests, waits, lookOnce };
}
