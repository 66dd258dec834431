import type { SystemStatus } from '@islet/client';
import { type InstanceUsage, STORE_METRICS, type StoreMetricName } from '@islet/driver';
import type { Alert } from '@islet/policy';
import { addProxyMetrics, Metrics, type ProxyStats } from '@islet/proxy';
import type { JudgedObjective } from '../alerts/slo-keeper.ts';
import type { StoreReading } from '../telemetry/store-gauges.ts';

export interface SystemSight {
  /** Undefined: the proxy can't be asked now. */
  readonly proxy: ProxyStats | undefined;
  readonly status: SystemStatus | undefined;
  readonly usage: Readonly<Record<string, InstanceUsage>>;
  readonly objectives: readonly JudgedObjective[];
  readonly alerts: readonly Alert[];
  readonly stores: readonly StoreReading[];
}

/** All of a system as Prometheus reads it: names and units by its conventions, counters of the proxy as they are. */
export function systemMetrics({ proxy, status, usage, objectives, alerts, stores }: SystemSight): string {
  const metrics = new Metrics();
  metrics.gauge('islet_proxy_up', 'The proxy answers: 1, else 0.', {}, Number(proxy !== undefined));
  if (proxy !== undefined) addProxyMetrics(metrics, proxy);
  if (status !== undefined) addStatus(metrics, status, usage);
  for (const judged of objectives) addObjective(metrics, judged);
  addAlerts(metrics, alerts);
  addStores(metrics, stores);
  return metrics.text();
}

function addStatus(metrics: Metrics, status: SystemStatus, usage: SystemSight['usage']): void {
  const { version, system, revision } = status;
  metrics.gauge('islet_info', 'Which system, run by which version of Islet.', { system, version }, 1);
  metrics.gauge('islet_revision', 'Counts each change that was asked for.', {}, revision);
  for (const { name: service, state, instances, instanceList } of status.services) {
    metrics.gauge('islet_service_state', 'The service is in this state.', { service, state }, 1);
    metrics.gauge('islet_service_instances_ready', 'Instances that are ready.', { service }, instances.ready);
    metrics.gauge('islet_service_instances_desired', 'Instances that are asked for.', { service }, instances.desired);
    for (const { id: instance, revision: of, exits } of instanceList) {
      const labels = { service, instance, revision: of };
      const help = 'Ends of an instance since it was last well for long.';
      metrics.gauge('islet_process_exits', help, labels, exits);
      const used = usage[instance];
      if (used === undefined) continue;
      metrics.counter('islet_process_cpu_seconds_total', 'CPU time of the process.', labels, used.cpuMs / 1000);
      metrics.gauge('islet_process_memory_bytes', 'Memory of the process.', labels, used.memoryBytes);
    }
  }
}

function addObjective(metrics: Metrics, { objective, verdict }: JudgedObjective): void {
  const { service, key, percent } = objective;
  const labels = { service, slo: key };
  metrics.gauge('islet_slo_objective_ratio', 'What the service promises.', labels, percent / 100);
  const good = 'Requests of the last 30 days that were as promised.';
  metrics.gauge('islet_slo_good_requests', good, labels, verdict.good);
  metrics.gauge('islet_slo_bad_requests', 'Requests of the last 30 days that were not.', labels, verdict.bad);
  const left = 'What is left of the error budget: 1 is all of it, below 0 it is overdrawn.';
  metrics.gauge('islet_slo_budget_left_ratio', left, labels, verdict.budgetLeft);
  for (const { rule, rate } of verdict.burns) {
    const help = 'How many times faster than allowed the error budget is being spent.';
    metrics.gauge('islet_slo_burn_rate', help, { ...labels, window: rule.window }, rate);
  }
}

function addAlerts(metrics: Metrics, alerts: readonly Alert[]): void {
  for (const { condition, state, id } of alerts) {
    if (state.kind === 'resolved') continue;
    const { rule, severity, service = '' } = condition;
    const labels = { alert: id, rule, severity, service, state: state.kind };
    metrics.gauge('islet_alert', 'The alert is open.', labels, 1);
  }
}

/** `db.wal.retained` in bytes is `islet_db_wal_retained_bytes`. One name after the other, because of a name all stand together. */
function addStores(metrics: Metrics, stores: readonly StoreReading[]): void {
  for (const [name, { kind, unit }] of Object.entries(STORE_METRICS)) {
    const shown = `islet_${name.replaceAll('.', '_')}${unit === 'By' ? '_bytes' : ''}`;
    for (const { service, system, metrics: read } of stores) {
      const value = read[name as StoreMetricName];
      const labels = { service, system };
      if (value === undefined) continue;
      if (kind === 'gauge') metrics.gauge(shown, `${name} of a store, read now.`, labels, value);
      else metrics.counter(`${shown}_total`, `${name} of a store, since it started.`, labels, value);
    }
  }
}
