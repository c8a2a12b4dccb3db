/** All rows of `show stat`, in HAProxy's order: of each app its frontend, its servers, its backend, its neighbors. Pure. */
import { type BackendRow, backendsOf } from './backends.js';
import type { ProxyView } from './proxy-view.js';
import { backendRowOf, frontendRowOf, type Row, serverRowOf } from './row-values.js';
import { statusOf } from './server-words.js';

/** What `show stat` may leave out (management guide, 9.3, `show stat`). */
export interface RowChoice {
  /** Of one proxy, by its name or its number; -1 and absent: of all. */
  readonly proxy?: number;
  /** Bits: 1 frontends, 2 backends, 4 servers; absent: all. */
  readonly types?: number;
  /** One server by its number; -1 and absent: all. */
  readonly server?: number;
  /** Only servers that are up. */
  readonly isUpOnly?: boolean;
  readonly isWithoutMaint?: boolean;
}

const FRONTENDS = 1;
const BACKENDS = 2;
const SERVERS = 4;
const ALL = -1;

export function rowsOf(view: ProxyView, choice: RowChoice = {}): readonly Row[] {
  const { proxy = ALL, types = ALL } = choice;
  return backendsOf(view).flatMap((backend) => {
    if (proxy !== ALL && proxy !== backend.id) return [];
    const isFrontend = !backend.isBackup && (types & FRONTENDS) !== 0;
    return [
      ...(isFrontend ? [frontendRowOf(backend.view)] : []),
      ...((types & SERVERS) === 0 ? [] : serverRowsOf(backend, choice)),
      ...((types & BACKENDS) === 0 ? [] : [backendRowOf(backend)]),
    ];
  });
}

function serverRowsOf(
  backend: BackendRow,
  { server = ALL, isUpOnly = false, isWithoutMaint = false }: RowChoice,
): readonly Row[] {
  const chosen = backend.servers.filter((one) => {
    if (server !== ALL && server !== one.id) return false;
    if (isWithoutMaint && one.state === 'maint') return false;
    return !isUpOnly || (one.isUp && one.state !== 'maint' && !statusOf(one).startsWith('DOWN'));
  });
  return chosen.map((one) => serverRowOf(one, backend));
}
