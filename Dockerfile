# Two images of one build.
#
#   docker build --target node -t autoproxy-node .
#   docker build --target edge -t autoproxy-edge .
#
# The base has Node (20.19 or later) and, for `edge`, a Debian whose haproxy is 2.6 or later. Another one:
#   --build-arg BASE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=node:26-trixie-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /build/app
# First what seldom changes, so that it is built seldom.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev
# Of what developers need, the compiler alone, in the versions of the lock: all of it is 200 MB of linters and benchmarks.
# It stands above the app, where npm and tsc find it, and is not copied.
RUN npm install --prefix .. --no-save --ignore-scripts $(node -p "['typescript', '@types/node'].map((name) => \
  name + '@' + require('./package-lock.json').packages['node_modules/' + name].version).join(' ')")
COPY tsconfig.json ./
COPY src src
COPY edge edge
RUN npm run --silent build

FROM ${BASE_IMAGE} AS common
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/app/package.json ./
COPY --from=build /build/app/node_modules node_modules
COPY --from=build /build/app/dist/src dist/src
COPY --from=build /build/app/dist/edge dist/edge
RUN ln -s /app/dist/src/cli/autoproxy /usr/local/bin/autoproxy
STOPSIGNAL SIGTERM

# A docker node. It binds the slots of all apps, so it runs in the network of its host:
#   docker run --network host --volume /etc/autoproxy.d:/etc/autoproxy.d:ro --volume autoproxy:/var/lib/autoproxy autoproxy-node
# `docker stop --time` has to be longer than --lame-duck and --drain-timeout together.
FROM common AS node
RUN mkdir -p /var/lib/autoproxy /etc/autoproxy.d/services && chown node /var/lib/autoproxy
VOLUME /var/lib/autoproxy
USER node
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["autoproxy", "healthcheck"]
ENTRYPOINT ["autoproxy", "node"]

# A front door: the generator, and the HAProxy that it drives. It begins as root, which HAProxy gives up after it has bound.
#   docker run --network host --ulimit nofile=65536:65536 --volume /etc/autoproxy:/etc/autoproxy:ro --volume autoproxy-edge:/var/lib/autoproxy autoproxy-edge
FROM common AS edge
RUN apt-get update \
 && apt-get install -y --no-install-recommends haproxy \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /var/lib/autoproxy /run/haproxy
VOLUME /var/lib/autoproxy
ENTRYPOINT ["autoproxy", "edge"]
CMD ["run", "--site", "/etc/autoproxy/edge.yml", "--state-dir", "/var/lib/autoproxy"]
