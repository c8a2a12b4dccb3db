import { answerCommand, commandsOf } from '../../../src/admin/haproxy/command-line.js';
import type { ProxyView } from '../../../src/admin/haproxy/proxy-view.js';
import type { StatsNode, VerbContext } from '../../../src/admin/haproxy/stats-node.js';
import type { SessionsDocument } from '../../../src/admin/sessions-document.js';
import { FakeClock } from '../../support/fake-clock.js';
import { appView, instanceAt, proxyView, serverView, UP_CHECK } from './views.js';

/** A node with the apps `shop` and its neighbor, that keeps what was decided. */
export class StatsNodeDouble implements StatsNode {
  readonly decided: string[] = [];
  outcome: Awaited<ReturnType<StatsNode['setAdminState']>> = { ok: true, saved: true };
  listed: SessionsDocument = { version: 1, node: 'a1', sessions: [], unlisted: 0, missing: [] };
  view: ProxyView = proxyView([
    appView(
      [serverView(instanceAt('172.17.0.2', 8_080)), serverView(instanceAt('172.17.0.3', 8_081, { state: 'maint' }))],
      {},
      { neighbors: [{ host: '10.0.0.2', check: UP_CHECK }] },
    ),
  ]);

  async proxies(): Promise<ProxyView> {
    return this.view;
  }

  async setAdminState(app: string, instance: string | null, state: string, by: string) {
    this.decided.push(`${app}/${instance} ${state} by ${by}`);
    return this.outcome;
  }

  async sessions(): Promise<SessionsDocument> {
    return this.listed;
  }

  async killSession(id: string, by: string): Promise<boolean | null> {
    this.decided.push(`${id} killed by ${by}`);
    return this.listed.sessions.some((session) => session.id === id);
  }

  cutInstance(app: string, instance: string, by: string): void {
    this.decided.push(`${app}/${instance} cut by ${by}`);
  }

  async clearMaxima(): Promise<void> {
    this.decided.push('maxima cleared');
  }

  async setWeight(app: string, instance: string, weight: number | null, by: string) {
    this.decided.push(`${app}/${instance} weight ${weight} by ${by}`);
    return this.outcome;
  }
}

/** All that a line is answered with. */
export async function answersTo(
  line: string,
  node: StatsNode = new StatsNodeDouble(),
  parts: Partial<VerbContext> = {},
): Promise<string> {
  const context = {
    node,
    clock: new FakeClock(),
    by: 'ann',
    end: new AbortController().signal,
    setIdleTimeout: () => {},
    ...parts,
  };
  let said = '';
  for (const words of commandsOf(line)) said += (await answerCommand(words, context)).text;
  return said;
}
