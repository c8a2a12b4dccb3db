/** The clock of this machine beside that of Consul. */
import { ConsulConnection } from '../../consul/connection.js';
import { callRaw } from '../../consul/raw-call.js';
import type { ConsulSettings } from '../../consul/settings.js';
import { reasonOf } from '../../core/thrown.js';
import { bad, type Finding, ok, unknown, warn } from './finding.js';

/** A Date field has whole seconds. */
const FIELD_MS = 1_000;
const WARN_MS = 2_000;
const BAD_MS = 30_000;
const DEADLINE_MS = 2_000;
const MAX_BYTES = 4_096;

export async function compareClocks(settings: ConsulSettings): Promise<readonly Finding[]> {
  const connection = new ConsulConnection(settings);
  const askedAt = Date.now();
  try {
    const { headers } = await connection.call(
      (consul, options) => callRaw(consul, { method: 'GET', path: '/status/leader' }, options),
      { what: 'the leader', deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES },
    );
    const answeredAt = Date.now();
    const there = Date.parse(String(headers.date ?? ''));
    if (Number.isNaN(there)) return [unknown(`Consul at ${settings.url} does not say what time it is`)];
    // Its clock was at or behind the field when it answered; nobody knows when that was within the wait.
    const ahead = askedAt - (there + FIELD_MS);
    const behind = there - answeredAt;
    const apartMs = Math.max(0, ahead, behind);
    const text = `the clock of this machine and that of Consul are ${apartMs < WARN_MS ? 'together' : `${Math.round(apartMs / 1_000)} s apart, this one ${ahead > behind ? 'ahead' : 'behind'}`}`;
    const todo = 'let both machines take their time from NTP (timedatectl set-ntp true)';
    return [apartMs < WARN_MS ? ok(text) : apartMs < BAD_MS ? warn(text, todo) : bad(text, todo)];
  } catch (error) {
    return [unknown(`Consul was not asked for the time: ${reasonOf(error)}`)];
  } finally {
    connection.close();
  }
}
