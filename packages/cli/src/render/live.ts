import type { Output } from '../context.ts';

/** Lines at the terminal's foot that are drawn again in place. */
export interface Live {
  draw(lines: readonly string[]): void;
  /** Takes the lines away, so that what is written next stands where they were. */
  clear(): void;
}

export function createLive(output: Output): Live {
  let height = 0;
  const erase = () => (height > 0 ? `\x1b[${height}A\x1b[0J` : '');
  return {
    draw(lines) {
      // What has scrolled off the screen can't be redrawn.
      const room = Math.max(1, (output.terminal?.rows ?? 24) - 1);
      const shown = lines.slice(0, room);
      output.write(`${erase()}${shown.map((line) => `${line}\n`).join('')}`);
      height = shown.length;
    },
    clear() {
      output.write(erase());
      height = 0;
    },
  };
}
