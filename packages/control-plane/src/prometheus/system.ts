import type { ProxyStats } from '@islet/proxy';
import type { Sentinel } from '../alerts/sentinel.ts';
import { HOST } from '../facts.ts';
import type { System } from '../system.ts';
import { systemMetrics } from './metrics.ts';
import { servePrometheus, type Target } from './server.ts';

/** The system as one target of a Prometheus, where islet.yaml asks for it. */
export function prometheusOf(system: System, sentinel: Sentinel): Disposable {
  const { parts, status } = system;
  const { applied } = parts.state;
  const port = () => applied.current()?.telemetry?.prometheus?.port;
  return servePrometheus({
    port,
    log: parts.log,
    targets: (): Target[] => {
      const own = port();
      const name = applied.current()?.system ?? '';
      return own === undefined ? [] : [{ targets: [`${HOST}:${own}`], labels: { islet_system: name } }];
    },
    metrics: async () => {
      const [proxy, usage] = await Promise.all([
        // What the proxy tells is all of its counters, of which scaling reads a part.
        (parts.stats() as Promise<unknown> as Promise<ProxyStats>).catch(() => undefined),
        parts.compute.usage().catch(() => ({})),
      ]);
      const alerts = sentinel.alerts();
      const stores = parts.telemetry?.storeReadings() ?? [];
      return systemMetrics({ proxy, usage, status: status.latest(), objectives: sentinel.slos(), alerts, stores });
    },
  });
}
