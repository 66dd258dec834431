import type { ScaleSpec } from '@islet/spec';
import { rateLimits, rememberWanted, type ScaleMemory, stabilize } from './scale-memory.ts';
import { type LocalTime, scheduledMin } from './scale-schedule.ts';
import { judgeSignal, type ScaledNow, type ScaleSignal, type SignalVerdict } from './scale-signal.ts';

/** Why the number is not simply what the metrics ask for. */
export type ScaleRule =
  /** It is what they ask for. */
  | 'target'
  /** Nothing could be measured: it stays. */
  | 'missing'
  /** Something could not be measured, so nothing is taken away. */
  | 'partly-missing'
  | 'stabilization'
  | 'rate'
  | 'min'
  | 'max'
  | 'schedule'
  /** Nobody has asked for it for long enough. */
  | 'idle'
  /** Somebody waits for its first instance. */
  | 'wake';

export interface ScaleInput extends ScaledNow {
  readonly scale: ScaleSpec;
  readonly signals: readonly ScaleSignal[];
  /** Since when nothing was in flight or asked; undefined: something is, or it is not known. */
  readonly idleSince: number | undefined;
  /** Requests in flight to the service, those that wait for its first instance among them. */
  readonly inFlight: number;
  readonly local: LocalTime;
  readonly memory: ScaleMemory;
}

export interface ScaleVerdict {
  readonly instances: number;
  /** What the signals ask for together, before any rule. */
  readonly wanted: number;
  readonly rule: ScaleRule;
  readonly signals: readonly SignalVerdict[];
  /** With what was wanted; what was done about it is the caller's to add (`rememberChange`). */
  readonly memory: ScaleMemory;
}

/**
 * How many instances a service should have: of all metrics the one that asks for most, then the damping rules, then the
 * bounds of its file. Pure: what it remembers goes in and comes out.
 */
export function decideScale(input: ScaleInput, now: number): ScaleVerdict {
  const { scale, current } = input;
  const signals = input.signals.map((signal) => judgeSignal(signal, input));
  const bounds = boundsOf(scale, input.local);
  const idle = isIdle(input, now);
  const asked = askedBySignals(signals, current);
  const wanted = idle ? 0 : clamp(asked.instances, bounds.least, scale.max);
  const memory = rememberWanted(input.memory, wanted, now);
  if (idle) return { instances: 0, rule: 'idle', wanted, signals, memory };
  if (current === 0) return { ...begin(input, bounds), wanted, signals, memory };

  const stable = stabilize(memory, current, now);
  const { least, most } = rateLimits(memory, current, now);
  const damped = clamp(stable, least, most);
  const instances = clamp(damped, bounds.least, scale.max);
  const rule = ruleOf({ asked, wanted, stable, damped, instances, bounds, max: scale.max });
  return { instances, rule, wanted, signals, memory };
}

/** From none: no metric says anything then. */
function begin({ scale, inFlight }: ScaleInput, { least, bySchedule }: Bounds): { instances: number; rule: ScaleRule } {
  if (bySchedule) return { instances: least, rule: 'schedule' };
  if (scale.zero === undefined) return { instances: least, rule: 'min' };
  return inFlight > 0 ? { instances: least, rule: 'wake' } : { instances: 0, rule: 'idle' };
}

interface Bounds {
  /** While it is in use. */
  readonly least: number;
  readonly bySchedule: boolean;
}

function boundsOf({ min, max, schedule }: ScaleSpec, local: LocalTime): Bounds {
  const usual = Math.max(1, min);
  const scheduled = scheduledMin(schedule, local);
  const least = Math.max(usual, Math.min(max, scheduled ?? 0));
  return { least, bySchedule: scheduled !== undefined && (least > usual || min === 0) };
}

function isIdle({ scale, idleSince, local }: ScaleInput, now: number): boolean {
  if (scale.zero === undefined || idleSince === undefined) return false;
  return scheduledMin(scale.schedule, local) === undefined && now - idleSince >= scale.zero.afterMs;
}

/** The largest wins; where one is missing, the others can only ask for more. */
function askedBySignals(signals: readonly SignalVerdict[], current: number): { instances: number; rule: ScaleRule } {
  const wants = signals.flatMap((signal) => signal.wants ?? []);
  if (signals.length === 0) return { instances: 0, rule: 'target' };
  if (wants.length === 0) return { instances: current, rule: 'missing' };
  const largest = Math.max(...wants);
  if (wants.length < signals.length && largest < current) return { instances: current, rule: 'partly-missing' };
  return { instances: largest, rule: 'target' };
}

interface Stages {
  readonly asked: { readonly instances: number; readonly rule: ScaleRule };
  readonly wanted: number;
  readonly stable: number;
  readonly damped: number;
  readonly instances: number;
  readonly bounds: Bounds;
  readonly max: number;
}

/** The last rule that changed the number is the one to tell. */
function ruleOf({ asked, wanted, stable, damped, instances, bounds, max }: Stages): ScaleRule {
  if (instances !== damped || instances === wanted) {
    if (instances === bounds.least && asked.instances < instances) return bounds.bySchedule ? 'schedule' : 'min';
    if (instances === max && asked.instances > instances) return 'max';
  }
  if (damped !== stable) return 'rate';
  return stable === wanted ? asked.rule : 'stabilization';
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
