import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { signal } from './forward.ts';
import { slo } from './slo.ts';
import { byDefault, count, distinct, duration, size } from './values.ts';

const keep = (path: Parameters<typeof byDefault>[0]) => byDefault(path, duration(60_000, LIMITS.longestKeepMs));

export const telemetry = z
  .strictObject({
    logs: z
      .strictObject({
        keep: keep('telemetry.logs.keep').describe('How long its logs are kept.'),
        correlate: byDefault('telemetry.logs.correlate', z.boolean('expected true or false')).describe(
          'Put the ids of the trace behind what a Node service prints by `console` for a request. They are taken off again wherever the line is shown, but for the log file itself.',
        ),
      })
      .prefault({})
      .describe('What it prints, and what it sends by OpenTelemetry.'),
    traces: z
      .strictObject({
        keep: keep('telemetry.traces.keep').describe('How long its traces are kept.'),
        sample: byDefault('telemetry.traces.sample', count(0, 100_000)).describe(
          'Traces in each second that are kept of those in which nothing was remarkable. Those with an error, slow ones, and those in which a rule decided something are kept beside them.',
        ),
        slow: byDefault('telemetry.traces.slow', duration(1)).describe('A trace that takes longer is slow.'),
      })
      .prefault({})
      .describe('Whole traces are kept or left, once they are over.'),
    metrics: z
      .strictObject({
        keep: keep('telemetry.metrics.keep').describe(
          'How long its metrics are kept: every 10 s of them for a day, every minute for two weeks, every hour to the end.',
        ),
      })
      .prefault({})
      .describe("The proxy's counts of it, what its instances use, and what it sends by OpenTelemetry."),
    maxDisk: byDefault('telemetry.maxDisk', size({ least: '16Mi' })).describe(
      'All of this together is at most so large; the oldest goes first.',
    ),
    instrument: byDefault('telemetry.instrument', z.boolean('expected true or false')).describe(
      'Trace the service by its runtime, without a change to it: Node always, Python and Java where their OpenTelemetry agent is there.',
    ),
    forward: byDefault('telemetry.forward', distinct(signal())).describe(
      'Which of its signals go to the backends that `telemetry.forward` of islet.yaml names; an empty list keeps all here.',
    ),
    slo: slo
      .prefault({})
      .describe('What the service promises over 30 days; who spends too much of what may fail raises an alert.')
      .meta({ examples: [{ availability: '99.9%', latency: { p99: '300ms' } }, 'off'] }),
  })
  .prefault({})
  .describe('Its logs, traces and metrics: how long they are kept, and how many; and what it promises.');
