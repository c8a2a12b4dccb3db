import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_TEXT } from './pages.js';
import type { RealServer } from './real-server.js';

const PROGRAM = `<%@page contentType="text/plain" session="false" trimDirectiveWhitespaces="true" import="java.util.*"%><%
byte[] body = request.getInputStream().readAllBytes();
String page_ = request.getServletPath();
if (page_.equals("/echo")) {
  out.print("method: " + request.getMethod() + "\\ntarget: " + request.getRequestURI() + "?" + request.getQueryString() + "\\n");
  for (String name : new TreeSet<String>(Collections.list(request.getHeaderNames())))
    out.print(name + ": " + Collections.list(request.getHeaders(name)) + "\\n");
  out.print("body: " + body.length + "\\n");
} else if (page_.equals("/chunked")) {
  out.print("one\\n"); out.flush(); Thread.sleep(20); out.print("two\\n");
} else if (page_.equals("/none")) {
  response.setStatus(204);
} else if (page_.equals("/moved")) {
  response.sendRedirect("/?moved");
} else if (page_.equals("/cookies")) {
  response.addHeader("Set-Cookie", "a=1; Path=/"); response.addHeader("Set-Cookie", "b=2; HttpOnly"); out.print("cookies");
} else {
  String accepted = request.getHeader("Accept-Encoding");
  if (accepted != null && accepted.contains("gzip")) {
    response.setHeader("Content-Encoding", "gzip");
    java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
    try (java.util.zip.GZIPOutputStream gzip = new java.util.zip.GZIPOutputStream(packed)) { gzip.write("compressed".getBytes()); }
    response.getOutputStream().write(packed.toByteArray());
    return;
  }
  out.print("compressed");
}
%>`;

const PROGRAM_PATHS = ['/echo', '/chunked', '/none', '/moved', '/cookies', '/gzip'];

const WEB_XML = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
  <servlet><servlet-name>program</servlet-name><jsp-file>/program.jsp</jsp-file></servlet>
  ${PROGRAM_PATHS.map((name) => `<servlet-mapping><servlet-name>program</servlet-name><url-pattern>${name}</url-pattern></servlet-mapping>`).join('\n  ')}
</web-app>
`;

const HOME = '/usr/share/tomcat10';

/** With the connector of its own server.xml: connectionTimeout 20 s is the keep-alive time too. */
export const tomcat: RealServer = {
  name: 'tomcat',
  packages: ['tomcat10'],
  needs: ['java', `${HOME}/bin/bootstrap.jar`, '/etc/tomcat10/web.xml'],
  keepAliveMs: 20_000,
  pages: COMMON_PAGES,
  prepare({ folder, host, port }) {
    for (const name of ['conf', 'webapps/ROOT/WEB-INF', 'temp', 'logs', 'work']) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
    copyFileSync('/etc/tomcat10/web.xml', path.join(folder, 'conf/web.xml'));
    writeFileSync(path.join(folder, 'webapps/ROOT/index.html'), 'ok');
    writeFileSync(path.join(folder, 'webapps/ROOT/large'), LARGE_TEXT);
    writeFileSync(path.join(folder, 'webapps/ROOT/program.jsp'), PROGRAM);
    writeFileSync(path.join(folder, 'webapps/ROOT/WEB-INF/web.xml'), WEB_XML);
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
