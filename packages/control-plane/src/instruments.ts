import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, layoutOf } from '@islet/driver';
import { bundlePreload, withPreload } from '@islet/instrument-node';
import type { RevisionId } from '@islet/plan';
import type { Logger } from 'pino';
import type { LaunchSpec } from './store/applied.ts';

/** What a runtime is told so that it traces the service in it; nothing where there is no way to. */
export type Instrument = (spec: LaunchSpec, revision: RevisionId) => Promise<Readonly<Record<string, string>>>;

export interface InstrumentParts {
  readonly layout: Layout;
  /** Where a revision's own folder is. */
  readonly folder: (request: { readonly service: string; readonly revision: RevisionId }) => Promise<string>;
  readonly log: Pick<Logger, 'warn'>;
}

/** No service fails for want of an instrument: it is said in the log, and the service starts untraced. */
export function createInstrument({ layout, folder, log }: InstrumentParts): Instrument {
  let preload: Promise<string> | undefined;
  const forNode = async () => {
    preload ??= bundlePreload(layoutOf.instruments(layout));
    return { NODE_OPTIONS: withPreload(await preload, undefined) };
  };
  return async (spec, revision) => {
    try {
      switch (spec.language) {
        case 'TypeScript':
        case 'JavaScript':
          return await forNode();
        case 'Python':
          return forPython(await folder({ service: spec.name, revision }));
        case 'Java':
          return forJava(await folder({ service: spec.name, revision }));
        default:
          return {};
      }
    } catch (error) {
      log.warn({ service: spec.name, error: (error as Error).message }, 'a service starts without being traced');
      return {};
    }
  };
}

const PYTHON_ENVIRONMENTS = ['.venv', 'venv'] as const;
const PYTHON_AGENT = 'opentelemetry/instrumentation/auto_instrumentation';

/** What `opentelemetry-instrument` does is to put its folder first: the interpreter loads the agent from there. */
function forPython(folder: string): Record<string, string> {
  for (const environment of PYTHON_ENVIRONMENTS) {
    const lib = join(folder, environment, 'lib');
    const version = existsSync(lib) ? readdirSync(lib).find((name) => name.startsWith('python')) : undefined;
    if (version === undefined) continue;
    const agent = join(lib, version, 'site-packages', PYTHON_AGENT);
    if (existsSync(join(agent, 'sitecustomize.py'))) return { PYTHONPATH: agent, ...OVER_HTTP };
  }
  return {};
}

const JAVA_PLACES = ['.', 'lib', 'agent', 'target', 'build/libs'] as const;
const JAVA_AGENT = 'opentelemetry-javaagent.jar';

function forJava(folder: string): Record<string, string> {
  const place = JAVA_PLACES.find((within) => existsSync(join(folder, within, JAVA_AGENT)));
  if (place === undefined) return {};
  return { JAVA_TOOL_OPTIONS: `-javaagent:${join(folder, place, JAVA_AGENT)}`, ...OVER_HTTP };
}

/** Python's agent would speak gRPC by default, for which it needs a package that is seldom there. */
const OVER_HTTP = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } as const;

/** Variables that several may have something to say in: how what comes first is parted from the rest. */
const JOINED: Readonly<Record<string, string>> = { NODE_OPTIONS: ' ', PYTHONPATH: ':', JAVA_TOOL_OPTIONS: ' ' };

/** The environment with what the runtime is told put before what the service says itself, where traces have a place to go. */
export function instrumented(
  env: Readonly<Record<string, string>>,
  told: Readonly<Record<string, string>>,
): Record<string, string> {
  if ((env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '') === '') return { ...env };
  const joined = Object.entries(told).map(([name, value]) => {
    const own = env[name] ?? '';
    const between = JOINED[name];
    if (own === '') return [name, value];
    return [name, between === undefined ? own : `${value}${between}${own}`];
  });
  return { ...env, ...Object.fromEntries(joined) };
}
