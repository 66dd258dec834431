import type { ServiceStatus, SystemStatus } from '@islet/client';
import { type Output, writeLines } from './context.ts';
import { createLive } from './render/live.ts';
import { renderChanges, renderProgress } from './render/status.ts';

/** Shows a person who waits what is going on, and for how long. */
export interface Progress {
  show(status: SystemStatus): void;
  note(line: string): void;
  end(): void;
}

/** What takes less needs no number. */
const SHORT_MS = 3_000;
/** How often plain lines say that the same still goes on. */
const AGAIN_MS = 15_000;
const LOOK_MS = 1_000;

/** On a terminal the whole, redrawn in place; elsewhere a plain line for each change, and for what goes on for long. */
export function createProgress(output: Output, now: () => number = () => performance.now()): Progress {
  return output.terminal ? liveProgress(output, now) : plainProgress(output, now);
}

function liveProgress(output: Output, now: () => number): Progress {
  const live = createLive(output);
  const waits = createWaits(now);
  let last: SystemStatus | undefined;
  const draw = (status: SystemStatus) => {
    const services = status.services.map((service) => waits.told(service));
    live.draw(renderProgress({ ...status, services }, { colours: output.colours, columns: output.terminal?.columns }));
  };
  const timer = setInterval(() => last && draw(last), LOOK_MS).unref();
  return {
    show(status) {
      waits.note(status);
      last = status;
      draw(status);
    },
    note(line) {
      live.clear();
      writeLines(output, [line]);
    },
    end() {
      clearInterval(timer);
      live.clear();
    },
  };
}

function plainProgress(output: Output, now: () => number): Progress {
  const waits = createWaits(now);
  let before: SystemStatus | undefined;
  const sayAgain = () => {
    if (before === undefined) return;
    const services = before.services.map((service) => (waits.isDue(service) ? waits.told(service) : service));
    writeLines(output, renderChanges(before, { ...before, services }));
  };
  const timer = setInterval(sayAgain, LOOK_MS).unref();
  return {
    show(status) {
      waits.note(status);
      writeLines(output, renderChanges(before, status));
      before = status;
    },
    note: (line) => writeLines(output, [line]),
    end: () => clearInterval(timer),
  };
}

interface Waits {
  note(status: SystemStatus): void;
  /** With how long it has been saying the same, where that is no short while. */
  told(service: ServiceStatus): ServiceStatus;
  /** Once for each `AGAIN_MS` that it has been saying the same. */
  isDue(service: ServiceStatus): boolean;
}

function createWaits(now: () => number): Waits {
  const known = new Map<string, { readonly why: string; readonly at: number; told: number }>();
  const waitedMs = ({ name, state, why }: ServiceStatus) => {
    const wait = known.get(name);
    const isUnderWay = state === 'progressing' || state === 'stopping';
    return isUnderWay && wait?.why === why ? now() - wait.at : 0;
  };
  return {
    told: (service) => {
      const ms = waitedMs(service);
      return ms < SHORT_MS ? service : { ...service, why: `${service.why} (${Math.floor(ms / 1_000)} s)` };
    },
    note: ({ services }) => {
      for (const { name, why } of services) {
        if (known.get(name)?.why !== why) known.set(name, { why, at: now(), told: 0 });
      }
    },
    isDue: (service) => {
      const wait = known.get(service.name);
      const count = Math.floor(waitedMs(service) / AGAIN_MS);
      if (wait === undefined || count <= wait.told) return false;
      wait.told = count;
      return true;
    },
  };
}
