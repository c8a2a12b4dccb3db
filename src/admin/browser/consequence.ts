/** What a decision would do to the traffic of an app. Pure. */
import type { AppView } from '../page/page-document.js';
import { formatAmount } from './format.js';

interface Decision {
  readonly instance: string | null;
  readonly state: 'ready' | 'drain' | 'maint';
}

export function consequenceOf(app: AppView, { instance, state }: Decision): string {
  const isMeant = (id: string): boolean => instance === null || instance === id;
  if (state === 'ready') {
    const down = app.instances.filter(({ id, health }) => isMeant(id) && health === 'down').length;
    const taking = 'It takes traffic as soon as its checks pass.';
    return down === 0 ? 'It takes traffic again at once.' : taking;
  }
  const left = app.instances.filter(({ id, takesTraffic }) => takesTraffic && !isMeant(id)).length;
  const what =
    state === 'drain'
      ? 'It gets no new requests; those under way end, and it is checked on.'
      : 'It gets no new requests; those under way end.';
  const rest =
    left === 0
      ? `No instance of this node is left: traffic goes to neighbors that are up, else ${app.protocol === 'tcp' ? 'connections of clients are closed' : 'clients get 503'}.`
      : `${formatAmount(left, 'instance')} of this node go${left === 1 ? 'es' : ''} on taking the traffic.`;
  return `${what} ${rest}`;
}
