import { findPortHolder } from '../../cluster/port-holder.js';
import { hostPort } from '../../core/networks.js';
import { readWholeFile } from '../../core/whole-file.js';
import { isPortFree } from '../demo/free-port.js';
import type { DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';

/** Of a list of reserved ports, at most. */
const MAX_SETTING_BYTES = 65_536;

interface UsedPort {
  readonly port: number;
  /** `slot of shop` */
  readonly role: string;
}

/** Ports that somebody else has, or may be given as the local port of a connection. */
export const portsCheck: DoctorCheck = {
  name: 'ports',
  look: async (facts) => {
    const used = usedPorts(facts);
    const findings = [...(await takenPorts(facts, used)), ...(await ephemeralPorts(used))];
    return findings.length > 0
      ? findings
      : [ok(`${used.length} ports of slots, health ports and the admin API are fine`)];
  },
};

function usedPorts({ apps, config }: DoctorFacts): readonly UsedPort[] {
  return [
    ...apps.flatMap(({ name, slot }) => [
      { port: slot, role: `slot of ${name}` },
      { port: slot + 1, role: `health port of ${name}` },
    ]),
    { port: config.admin.port, role: 'admin API' },
  ];
}

async function takenPorts({ state, config, question }: DoctorFacts, used: readonly UsedPort[]): Promise<Finding[]> {
  if (state !== null) {
    return state.apps.flatMap(({ name, bindError }) =>
      bindError === null
        ? []
        : [bad(`${name} is not bound: ${bindError}`, 'stop who has the port, or give the app another slot')],
    );
  }
  const findings: Finding[] = [];
  for (const { port, role } of used) {
    const host = role === 'admin API' ? config.admin.host : config.bind;
    if (await isPortFree([host], port)) continue;
    const holder = (await findPortHolder(host, port)) ?? 'somebody';
    const text = `${hostPort(host, port)}, the ${role}, is taken by ${holder} (${question.text})`;
    findings.push(
      question.wasAsked
        ? bad(text, 'stop that, or choose another port')
        : // The holder may be the node itself.
          unknown(text, 'if that is not the node, stop it or choose another port'),
    );
  }
  return findings;
}

/** tcp(7): a connection to elsewhere may get such a port, and the slot is then not bound at the next start. */
async function ephemeralPorts(used: readonly UsedPort[]): Promise<Finding[]> {
  const [range, reserved] = await Promise.all([
    readSetting('ip_local_port_range'),
    readSetting('ip_local_reserved_ports'),
  ]);
  const [first, last] = (range ?? '').trim().split(/\s+/).map(Number);
  if (first === undefined || last === undefined || Number.isNaN(first + last))
    return [unknown('the range of local ports cannot be read on this system')];
  const inside = used.filter(({ port }) => port >= first && port <= last && !isReserved(port, reserved ?? ''));
  if (inside.length === 0) return [];
  const shown = inside.slice(0, 5).map(({ port, role }) => `${port} (${role})`);
  const more = inside.length > shown.length ? ` and ${inside.length - shown.length} more` : '';
  const ports = inside.map(({ port }) => port).join(',');
  const value = [reserved?.trim() ?? '', ports].filter((part) => part !== '').join(',');
  return [
    warn(
      `${shown.join(', ')}${more}: in the range of local ports ${first}-${last}, so a connection to elsewhere can take them`,
      `reserve them: sysctl -w net.ipv4.ip_local_reserved_ports=${value}`,
    ),
  ];
}

/** `8080,9148-9150` */
function isReserved(port: number, reserved: string): boolean {
  return reserved
    .trim()
    .split(',')
    .some((part) => {
      const [from, to = from] = part.split('-').map(Number);
      return from !== undefined && to !== undefined && port >= from && port <= to;
    });
}

function readSetting(name: string): Promise<string | null> {
  return readWholeFile(`/proc/sys/net/ipv4/${name}`, MAX_SETTING_BYTES).catch(() => null);
}
