import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ApiError } from '@islet/client';
import type { ForwardSpec, SystemTelemetrySpec } from '@islet/spec';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The section as it is kept, with its files named from the root: whoever reads them knows no folder. Throws where one is of no use. */
export function usableForwards<T extends Pick<SystemTelemetrySpec, 'forward'>>(telemetry: T, folder: string): T {
  const { forward } = telemetry;
  return forward === undefined ? telemetry : { ...telemetry, forward: forward.map((one) => withFile(one, folder)) };
}

function withFile(spec: ForwardSpec, folder: string): ForwardSpec {
  if (spec.ca === undefined) return spec;
  const ca = resolve(folder, spec.ca);
  const trouble = troubleOf(ca);
  if (trouble === undefined) return { ...spec, ca };
  throw new ApiError('conflict', `${ca} ${trouble}`, { hint: 'see telemetry.forward in islet.yaml' });
}

function troubleOf(path: string): string | undefined {
  try {
    const found = readFileSync(path, 'utf8').match(CERTIFICATE) ?? [];
    for (const text of found) new X509Certificate(text);
    return found.length === 0 ? 'holds no certificate in PEM' : undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `can't be read as certificates: ${code ?? message}`;
  }
}
