import { buildService } from './build-service.ts';
import { cycleWarnings } from './cycle-warnings.ts';
import { developmentWarnings } from './development-tls.ts';
import { isSound, readDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import type { Files } from './files.ts';
import { findServices } from './find-services.ts';
import { sortErrors } from './format-error.ts';
import { freezeDeep } from './freeze.ts';
import { environmentErrors, gatewayIn, machineIn, offMachineIn, readIslet, telemetryIn } from './islet-file.ts';
import { writtenIn } from './located.ts';
import type { SystemSpec } from './model.ts';
import { serviceErrors, serviceWarnings } from './service-rules.ts';
import { startOrder } from './start-order.ts';
import { systemErrors } from './system-rules.ts';

export type ParseResult =
  | { readonly kind: 'ok'; readonly spec: SystemSpec; readonly warnings: readonly SpecError[] }
  /** All of them, by file, line and column. */
  | { readonly kind: 'errors'; readonly errors: readonly SpecError[] };

export interface ParseOptions {
  readonly environment?: string | undefined;
  /**
   * Whether what stands in this file may be pointed at: not where its text only stands in for it. Without it,
   * everywhere.
   */
  readonly isTold?: (file: string) => boolean;
}

/** A system's files to its specification, or every mistake in them. Never throws. */
export function parseSystem(files: Files, { environment, isTold = () => true }: ParseOptions = {}): ParseResult {
  const islet = readIslet(files);
  const found = findServices(files, islet);
  const drafts = found.folders.map((folder) => readDraft({ files, islet, folder, environment }));
  const sound = drafts.filter(isSound);
  const gateway = islet.parsed && gatewayIn(islet.parsed, environment);

  const errors = [
    ...islet.errors,
    ...environmentErrors(islet, environment),
    ...found.errors,
    ...drafts.flatMap((draft) => draft.errors),
    ...sound.flatMap((draft) => serviceErrors(draft, files)),
    ...(gateway === undefined ? [] : systemErrors(drafts, { islet, gateway, isTold })),
  ];
  if (errors.length > 0 || islet.parsed === undefined || gateway === undefined) {
    return { kind: 'errors', errors: sortErrors(errors) };
  }
  const services = sound.map((draft) => buildService(draft, files)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const { order, cuts } = startOrder(new Map(services.map(({ name, uses }) => [name, uses])));
  const machine = machineIn(islet.parsed, environment);
  const spec = {
    name: islet.parsed.system,
    environment,
    gateway,
    machine,
    backup: offMachineIn(islet.parsed),
    alerts: islet.parsed.alerts,
    telemetry: telemetryIn({ ...islet, parsed: islet.parsed }, environment),
    services,
    startOrder: order,
    cuts,
    written: new Map(writtenIn(islet.tree)),
  };
  const warnings = [
    ...sound.flatMap(serviceWarnings),
    ...cycleWarnings(drafts, { cuts, isTold }),
    ...developmentWarnings(drafts, { islet, gateway, environment }),
  ];
  return { kind: 'ok', spec: freezeDeep(spec), warnings: sortErrors(warnings) };
}
