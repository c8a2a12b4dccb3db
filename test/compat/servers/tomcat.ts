import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

const HOME = '/usr/share/tomcat10';

/** With the connector of its own server.xml: connectionTimeout 20 s is the keep-alive time too. */
export const tomcat: RealServer = {
  name: 'tomcat',
  packages: ['tomcat10'],
  needs: ['java', `${HOME}/bin/bootstrap.jar`, '/etc/tomcat10/web.xml'],
  keepAliveMs: 20_000,
  prepare({ folder, host, port }) {
    for (const name of ['conf', 'webapps/ROOT', 'temp', 'logs', 'work']) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
    copyFileSync('/etc/tomcat10/web.xml', path.join(folder, 'conf/web.xml'));
    writeFileSync(path.join(folder, 'webapps/ROOT/index.html'), 'ok');
    writeFileSync(
      path.join(folder, 'conf/server.xml'),
      `<Server port="-1"><Service name="Catalina">
  <Connector address="${host}" port="${port}" protocol="HTTP/1.1" connectionTimeout="20000" maxParameterCount="1000"/>
  <Engine name="Catalina" defaultHost="localhost">
    <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
  </Engine>
</Service></Server>
`,
    );
    const properties = [`catalina.home=${HOME}`, `catalina.base=${folder}`, `java.io.tmpdir=${folder}/temp`];
    const classPath = `${HOME}/bin/bootstrap.jar:${HOME}/bin/tomcat-juli.jar`;
    const flags = [...properties.map((property) => `-D${property}`), '-Xmx128m', '-cp', classPath];
    return { command: ['java', ...flags, 'org.apache.catalina.startup.Bootstrap', 'start'] };
  },
};
