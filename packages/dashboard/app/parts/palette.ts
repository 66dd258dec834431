/** The page's colours as a canvas needs them: read from the style, so that there is one place for them. */
export interface Palette {
  readonly muted: string;
  readonly line: string;
  readonly series: readonly string[];
}

export function palette(): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    muted: read('--muted'),
    line: read('--line'),
    series: [1, 2, 3, 4].map((index) => read(`--series-${index}`)),
  };
  probe.remove();
  return colours;
}
