/** Whether nodes have an app's instances: asked at the health port of the slot, as load balancers do. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { systemClock } from '../../core/clock.js';
import { hostPort } from '../../core/networks.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { untilAnswered } from '../../placement/silence.js';
import type { SwarmView } from '../../placement/swarm.js';
import { serviceName } from '../../placement/wanted-services.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import type { Underway } from './carry-out.js';
import { silenceLine } from './verdict-text.js';

const LOOK_MS = 250;
const ANSWER_MS = 2_000;
const HEALTH_PATH = '/health';

/**
 * Resolves when in each of these pods a node answers that it has an instance.
 * @throws CommandFailure at the end of the time
 */
export async function untilNodesAnswer(
  { name, slot }: AppDefinition,
  pods: readonly string[],
  { swarm, signal, until, say }: Underway,
): Promise<void> {
  if (slot === null) return;
  let open = pods;
  let said = '';
  while (true) {
    const view = await untilAnswered(() => swarm.view(), {
      onSilence: (reason) => say(silenceLine(reason)),
      now: () => systemClock.now(),
      until,
      signal,
    });
    const answers = await Promise.all(open.map((pod) => answerOf(addressesOf(name, pod, view), slot + 1, signal)));
    signal.throwIfAborted();
    const reasons = open.flatMap((pod, index) => {
      const reason = answers[index] ?? null;
      return reason === null ? [] : [`no node of the pod ${pod} answers (${reason})`];
    });
    open = open.filter((_, index) => answers[index] !== null);
    const [reason] = reasons;
    if (reason === undefined) return;
    if (systemClock.now() >= until) {
      const hint = `let this machine reach port ${slot + 1} of the nodes, or pass --no-node-check; the next apply goes on`;
      throw new CommandFailure(`${name}: ${reason}; it gets no requests yet`, hint, EXIT_CODES.deadline);
    }
    if (reason !== said) say(`${name}: ${reason}`);
    said = reason;
    await delay(LOOK_MS, undefined, { signal });
  }
}

/** Of the machines where its tasks run. */
function addressesOf(app: string, pod: string, { services, tasks, nodes }: SwarmView): readonly string[] {
  const service = services.find(({ name }) => name === serviceName(app, pod));
  const used = new Set(tasks.filter(({ serviceId }) => serviceId === service?.id).map(({ nodeId }) => nodeId));
  return nodes.filter(({ id }) => used.has(id)).map(({ address }) => address);
}

/** @returns null when one of them has an instance; else why not */
async function answerOf(addresses: readonly string[], port: number, signal: AbortSignal): Promise<string | null> {
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const place = hostPort(address, port);
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
        const { statusCode, body } = await request(`http://${place}${HEALTH_PATH}`, { signal: deadline });
        await body.dump();
        return statusCode === 200 ? null : `${place}: ${statusCode}, no instance is up`;
      } catch (error) {
        return `${place}: ${codeOf(error) ?? reasonOf(error)}`;
      }
    }),
  );
  return answers.includes(null) ? null : answers.join('; ') || 'no task runs there';
}
