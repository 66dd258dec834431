import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@islet/client/remote';
import { type DataDriver, layoutOf } from '@islet/driver';
import { DEFAULT_TELEMETRY, type ForwardSpec } from '@islet/spec';
import { Identities, type Identity, type Orders, seal, telemetryFiles } from '@islet/telemetry';
import type { TelemetryClient } from '../api/telemetry.ts';
import { type KeptParts, keepProcess } from '../kept-process.ts';
import { readIfThere, writeAtomically } from '../own-file.ts';
import { followSecrets } from '../redact.ts';
import type { State } from '../state.ts';
import type { AppliedStore } from '../store/applied.ts';
import { ForwardWatch } from './forward-watch.ts';
import { type SeenStores, StoreGauges, type StoreReading } from './store-gauges.ts';

export interface TelemetryParts extends KeptParts {
  readonly state: Pick<State, 'layout' | 'applied' | 'ports' | 'secrets'>;
  /** How the telemetry process is started. */
  readonly argv: readonly string[];
  /** Where it answers. */
  readonly socketPath: string;
  readonly paths: Orders['paths'];
  /** Whose stores are measured. */
  readonly data: readonly DataDriver[];
}

/** Tells the telemetry process what to keep, keeps it alive, and asks it. */
export interface Telemetry {
  readonly client: TelemetryClient;
  /** After a turn: what is asked for may have changed, and which stores there are. */
  look(seen: SeenStores): void;
  /** What an instance is given, so that a stock OpenTelemetry agent sends to us, as this instance and no other. */
  environmentOf(identity: Identity): Readonly<Record<string, string>>;
  /** Whether what is forwarded arrives, as last asked; `askForwards` asks. */
  readonly forwards: ForwardWatch;
  askForwards(): Promise<void>;
  /** What stores have counted, as last read. */
  storeReadings(): readonly StoreReading[];
  /** Ends the process, when everything else is gone. */
  stop(): Promise<void>;
  close(): void;
}

const PROCESS = 'telemetry';
const ASK_MS = 5_000;
const PORTS = { http: 'telemetry: OTLP over HTTP', grpc: 'telemetry: OTLP over gRPC' } as const;

export async function createTelemetry(parts: TelemetryParts): Promise<Telemetry> {
  const { state, log, socketPath, paths } = parts;
  const { layout } = state;
  const folder = layoutOf.telemetry(layout);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const identities = Identities.at(telemetryFiles.key(folder));
  const kept = keepProcess(
    {
      name: PROCESS,
      argv: [...parts.argv, '--folder', folder, '--socket', socketPath],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      user: undefined,
      log: join(layoutOf.logs(layout), 'telemetry.log'),
      limits: { cpu: undefined, memoryBytes: undefined },
      background: true,
    },
    parts,
  );
  // While it runs the ports are its own; instances know them.
  const keep = kept.isRunning();
  const ports = {
    http: await state.ports.take(PORTS.http, { keep }),
    grpc: await state.ports.take(PORTS.grpc, { keep }),
  };
  let written = readIfThere(telemetryFiles.orders(folder))?.toString();

  const secrets = followSecrets({ secrets: state.secrets, data: parts.data });
  let sealed = '';
  const sealFor = (forward: readonly ForwardSpec[]) => {
    if (forward.length === 0) return;
    const named = forward.flatMap(({ headers }) =>
      Object.values(headers).flatMap((text) => (typeof text === 'string' ? [] : [text.secret])),
    );
    const values = named.flatMap((name) => {
      const value = state.secrets.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const confidential = { headers: Object.fromEntries(values), secrets: secrets() };
    const text = JSON.stringify(confidential);
    if (text === sealed) return;
    seal(folder, confidential);
    sealed = text;
  };
  const client = createClient({ url: 'http://telemetry', token: '', socketPath, who: 'the telemetry process' });
  const forwards = new ForwardWatch();
  const gauges = new StoreGauges({
    data: parts.data,
    clock: parts.clock,
    log,
    send: async (identity, message) => {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${identities.tokenOf(identity)}`,
      };
      const signal = AbortSignal.timeout(ASK_MS);
      const body = JSON.stringify(message);
      const response = await fetch(`http://127.0.0.1:${ports.http}/v1/metrics`, {
        method: 'POST',
        headers,
        body,
        signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`telemetry answers ${response.status}`);
    },
  });

  const write = (applied: ReturnType<AppliedStore['current']>) => {
    if (applied === undefined || applied.goingDown) return;
    const services = applied.services.map(({ spec }) => ({
      name: spec.name,
      // What was asked for before there was such a section has none.
      policy: spec.telemetry ?? DEFAULT_TELEMETRY,
    }));
    const forward = applied.telemetry?.forward ?? [];
    // Before the orders that need it.
    sealFor(forward);
    const policy = applied.telemetry?.services ?? DEFAULT_TELEMETRY;
    const orders: Orders = { system: applied.system, services, policy, forward, ports, paths };
    const text = JSON.stringify(orders);
    if (text === written) return;
    writeAtomically(telemetryFiles.orders(folder), text);
    written = text;
  };

  return {
    client,
    forwards,
    storeReadings: () => gauges.readings,
    askForwards: async () => {
      const isAsked = (state.applied.current()?.telemetry?.forward ?? []).length > 0;
      const told = isAsked ? await client.telemetryStatus({}, { signal: AbortSignal.timeout(ASK_MS) }) : undefined;
      forwards.see(told?.forward ?? [], parts.clock.now());
    },
    look: (seen) => {
      gauges.see(seen);
      try {
        write(state.applied.current());
      } catch (error) {
        log.error({ error: (error as Error).message }, 'telemetry could not be told what is asked for');
      }
      if (written === undefined) return;
      kept.ensure().catch((error: Error) => log.error({ error: error.message }, 'telemetry could not be started'));
    },
    environmentOf: (identity) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${ports.http}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${identities.tokenOf(identity)}`,
    }),
    stop: () => {
      gauges.close();
      return kept.stop();
    },
    close: () => {
      gauges.close();
      kept.close();
    },
  };
}
