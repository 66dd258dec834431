import type { SystemStatus } from '@islet/client';
import { type Output, writeLines } from './context.ts';
import { createLive } from './render/live.ts';
import { renderChanges, renderProgress } from './render/status.ts';

/** Shows a person who waits what is going on. */
export interface Progress {
  show(status: SystemStatus): void;
  note(line: string): void;
  end(): void;
}

/** On a terminal the whole, redrawn in place; elsewhere a plain line for each change. */
export function createProgress(output: Output): Progress {
  return output.terminal ? liveProgress(output) : plainProgress(output);
}

function liveProgress(output: Output): Progress {
  const live = createLive(output);
  return {
    show(status) {
      live.draw(renderProgress(status, { colours: output.colours, columns: output.terminal?.columns }));
    },
    note(line) {
      live.clear();
      writeLines(output, [line]);
    },
    end: live.clear,
  };
}

function plainProgress(output: Output): Progress {
  let before: SystemStatus | undefined;
  return {
    show(status) {
      writeLines(output, renderChanges(before, status));
      before = status;
    },
    note: (line) => writeLines(output, [line]),
    end() {},
  };
}
