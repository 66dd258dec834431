import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What a process is, as far as it matters for whether to trace it. */
export interface ProcessFacts {
  readonly isMainThread: boolean;
  /** Its script; undefined: a REPL, or `node -e`. */
  readonly script: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whoever brings one of these instruments itself, and two of them would count everything twice. */
const OWN_AGENTS = [
  '@opentelemetry/sdk-node',
  '@opentelemetry/sdk-trace-node',
  '@opentelemetry/auto-instrumentations-node',
  'dd-trace',
  'newrelic',
  'elastic-apm-node',
] as const;

const TOOLS = /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack|tsc)(-cli)?(\.[cm]?js)?$/;

/** Why a process is left as it is; undefined: it is traced. */
export function standAside({ isMainThread, script, cwd, env }: ProcessFacts): string | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return 'OTEL_SDK_DISABLED says so';
  if ((env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '') === '') return 'there is nowhere to send to';
  if (!isMainThread) return 'it is a worker';
  if (script !== undefined && TOOLS.test(basename(script))) return 'it is a tool';
  const agent = OWN_AGENTS.find((name) => existsSync(join(cwd, 'node_modules', ...name.split('/'))));
  return agent === undefined ? undefined : `the service brings ${agent}`;
}
