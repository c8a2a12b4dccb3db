/** `edge.yml` → Site. YAML 1.2, strict as the registry is: what is not known is an error, and so is a quoted number. */
import path from 'node:path';
import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import type { Problem } from '../../src/model/problem.js';
import type { Values } from '../../src/yaml/reader.js';
import { readTable } from '../../src/yaml/table-reader.js';
import { INVALID, YamlText } from '../../src/yaml/yaml-text.js';
import type { ServerPlace, Site, SiteDomain } from './site.js';
import { SITE_KEYS } from './site-keys.js';

interface SiteDocument {
  /** null: the text is in error; an edge that half knows its site serves none. */
  readonly site: Site | null;
  readonly problems: readonly Problem[];
}

const SOURCE = 'site';

/** @param file the path of the text: stands in problems, and paths of certificates are relative to its folder */
export function parseSite(text: string, file: string): SiteDocument {
  const yaml = new YamlText(text, { version: '1.2', file });
  const site = yaml.isBroken ? null : readSite(yaml, file);
  const hasErrors = yaml.problems.some(({ severity }) => severity === 'error');
  return { site: hasErrors ? null : site, problems: yaml.problems };
}

function readSite(yaml: YamlText, file: string): Site | null {
  const [root = null, ...more] = yaml.roots;
  if (root === null || !isMap(root) || more.some((other) => other !== null)) {
    const hint = 'write one document with "domains:", "trusted_balancers:" and "servers:"';
    yaml.note('error', null, root, 'this is not a description of a site', hint);
    return null;
  }
  yaml.refuseCustomTags(root, null, 'site');
  const place = { text: yaml, source: SOURCE, app: null, path: 'site', reading: 'strict' } as const;
  const values = readTable(SITE_KEYS, root, root, place);
  return values === INVALID ? null : siteFromValues(values, root, yaml, path.dirname(path.resolve(file)));
}

function siteFromValues(values: Values<typeof SITE_KEYS>, root: YAMLMap, yaml: YamlText, folder: string): Site | null {
  const { listen, servers, limits, timeouts, process } = values;
  const nodeOf = (key: string): Node => yaml.resolve(root.get(key, true)) ?? root;
  const serverPlace = serverPlaceFromValues(servers, nodeOf('servers'), yaml);
  const domains = domainsFromValues(values.domains, nodeOf('domains'), yaml, folder);
  if (values.trusted_balancers.length === 0) {
    const hint = 'write the networks that the balancers connect from';
    yaml.note(
      'error',
      null,
      nodeOf('trusted_balancers'),
      'site.trusted_balancers: the list is empty, so no balancer could connect',
      hint,
    );
  }
  notePortsTwice(listen, nodeOf('listen'), yaml);
  if (serverPlace === null) return null;
  return {
    domains,
    listen: {
      address: listen.address,
      httpPort: listen.http_port,
      httpsPort: listen.https_port,
      healthPort: listen.health_port,
      admin: listen.admin,
      peerPort: listen.peer_port,
    },
    trustedBalancers: values.trusted_balancers,
    deny: values.deny,
    badUserAgents: values.bad_user_agents,
    errorPages: new Map(
      Object.entries(values.error_pages).flatMap(([code, file]) =>
        file === null ? [] : [[Number(code), path.resolve(folder, file)] as const],
      ),
    ),
    servers: { place: serverPlace, sendProxy: servers.send_proxy, maxConnections: servers.max_connections },
    limits: {
      connections: limits.connections,
      connectionRate: limits.connection_rate,
      requests: limits.requests,
      errors: limits.errors,
    },
    timeouts: {
      helloMs: timeouts.hello,
      requestHeadMs: timeouts.request_head,
      keepAliveMs: timeouts.keep_alive,
      clientMs: timeouts.client,
      connectMs: timeouts.connect,
      queueMs: timeouts.queue,
      checkMs: timeouts.check,
    },
    running: {
      runDir: process.run_dir,
      stateFile: process.state_file ?? `${process.run_dir}/servers.state`,
      maxConnections: process.max_connections,
      bufferBytes: process.buffer,
      threads: process.threads,
      user: process.user,
      group: process.group,
      chroot: process.chroot,
      log: process.log,
    },
  };
}

function serverPlaceFromValues(
  { template, port, slots, nameservers, resolve, nodes }: Values<typeof SITE_KEYS>['servers'],
  node: Node,
  yaml: YamlText,
): ServerPlace | null {
  if (template !== null && nodes === null)
    return { kind: 'dns', template, port, slots, nameservers, resolveMs: resolve };
  if (template === null && nodes !== null) return { kind: 'nodes', nodes };
  const hint = 'write either template: "{app}.{pod}.svc.example", or nodes: {alpha: [10.0.0.1]}, or nodes: consul';
  yaml.note('error', null, node, 'site.servers: needs either a template or nodes', hint);
  return null;
}

function domainsFromValues(
  values: Values<typeof SITE_KEYS>['domains'],
  node: Node,
  yaml: YamlText,
  folder: string,
): readonly SiteDomain[] {
  if (values.length === 0) yaml.note('error', null, node, 'site.domains: the list is empty', 'write at least one');
  const domains = values.map(({ name, certificate, key, names, hsts }, index): SiteDomain => {
    const own = (isSeq(node) ? yaml.resolve(node.items[index]) : null) ?? node;
    const place = `site.domains[${index}]`;
    for (const covered of names) {
      const owner = values.findIndex((other) => other.names.includes(covered));
      if (owner !== index)
        yaml.note('error', null, own, `${place}.names: ${covered} is in domains[${owner}] too`, 'keep one of them');
    }
    if (values.findIndex((other) => other.name === name) !== index)
      yaml.note('error', null, own, `${place}.name: ${name} is listed twice`, 'keep one of them');
    return {
      name,
      files: [...certificate, ...key].map((written) => path.resolve(folder, written)),
      names: [...new Set(names)].sort(),
      hsts,
      origin: { source: SOURCE, location: yaml.file, ...yaml.place(own) },
    };
  });
  return domains.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function notePortsTwice(listen: Values<typeof SITE_KEYS>['listen'], node: Node, yaml: YamlText): void {
  const ports = { http_port: listen.http_port, https_port: listen.https_port, health_port: listen.health_port };
  const names = new Map<number, string>();
  for (const [key, port] of Object.entries(ports)) {
    const earlier = names.get(port);
    if (earlier !== undefined)
      yaml.note('error', null, node, `site.listen: ${earlier} and ${key} are both ${port}`, 'write two ports');
    names.set(port, key);
  }
}
