# One image for every role: the gateway (default), `… src/main.ts migrate`, and the simulators of the sandbox.
FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`: the lock file may lack packages that are optional and for another machine than the one it was made on.
RUN npm install --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
# In production all that is written here is the heads of the forensic log; the sandbox keeps everything in /data.
RUN install -d -o node -g node /data /heads
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY locales locales
COPY menus menus
COPY sims sims
COPY src src
USER node
EXPOSE 8019
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8019) + '/health').then(({ ok }) => process.exit(ok ? 0 : 1))"]
# No init in between: main.ts handles SIGTERM and SIGINT itself, and waits for what it has started.
CMD ["node", "--import", "tsx", "src/main.ts"]
