import type { Described, Origin } from '@islet/spec';
import type { Colors } from 'picocolors/types.js';
import { renderTable } from './table.ts';

/** A service's effective values, each with the line or the default that it comes from. */
export function renderDescription(service: string, values: readonly Described[], colours: Colors): string[] {
  return [
    colours.bold(service),
    ...renderTable({
      headers: ['key', 'value', 'from'],
      rows: values.map(({ path, value, origin }) => [
        path,
        Array.isArray(value) ? `[${value.join(', ')}]` : String(value),
        { text: originText(origin), paint: origin.kind === 'file' ? undefined : colours.dim },
      ]),
      paintHeader: colours.dim,
    }),
  ];
}

export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.place.file}:${origin.place.line}`;
    case 'default':
      return origin.source ? `default ${origin.name} (${origin.source})` : `default ${origin.name}`;
    case 'derived':
      return `from ${origin.from}`;
  }
}
