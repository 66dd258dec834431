import type { Contract } from '@islet/client';
import { describeStep, type Observed, preview, type Step } from '@islet/plan';
import type { z } from 'zod';
import type { Proposal } from '../apply.ts';
import { desireOf } from '../desire.ts';
import { edgeName } from '../edges.ts';
import { routesOf } from '../routing.ts';
import type { System } from '../system.ts';

type PlanPreview = z.infer<Contract['plan']['response']>;

/** What `up` would do, step by step to the end: the real plan, run forward in an assumed world. Changes nothing. */
export async function previewOf({ applied, warnings, changed }: Proposal, system: System): Promise<PlanPreview> {
  const { parts } = system;
  const look = await system.look();
  const routes = routesOf({
    applied,
    specs: applied.services.map(({ spec }) => spec),
    edgePort: (caller, service) => parts.state.ports.get(edgeName(caller, service)),
    operatorSocket: parts.operatorSocket,
  });
  const { decisions } = parts.state;
  const wished = desireOf(applied, {
    decisions,
    routes: routes.key,
    startedAt: parts.clock.now(),
    past: (_what, at) => at,
    gates: system.care.gates,
    instances: system.autoscaler.instances,
  });
  const traffic = look.observed.traffic.acknowledged ?? { routes: '', endpoints: {}, warm: {}, splits: {} };
  const observed = { ...look.observed, traffic: { ...look.observed.traffic, acknowledged: traffic } };
  const steps = preview(wished, tryingAgain(observed), parts.clock.now());
  const shown = steps.filter(({ kind }) => kind !== 'publish');
  const touched = new Set(shown.flatMap((step) => ('service' in step ? [step.service] : [])));
  const blocked = wished.services.flatMap((service) =>
    service.kind === 'present' && service.blocked.length > 0 ? [service] : [],
  );
  return {
    steps: shown.map((step) => ({ service: serviceOf(step), kind: step.kind, text: describeStep(step) })),
    unchanged: applied.services
      .map(({ spec }) => spec.name)
      .filter((name) => !touched.has(name) && !changed.includes(name)),
    blocked: Object.fromEntries(blocked.map(({ name, blocked }) => [name, [...blocked]])),
    warnings: [...warnings],
  };
}

/** `up` gives what failed another try. */
function tryingAgain(observed: Observed): Observed {
  const services = Object.entries(observed.services).map(([name, seen]) => [name, { ...seen, failed: {} }]);
  return { ...observed, services: Object.fromEntries(services) };
}

function serviceOf(step: Step): string {
  return 'service' in step ? step.service : '';
}
