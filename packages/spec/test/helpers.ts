import assert from 'node:assert/strict';
import { formatError, parseSystem, type ServiceSpec, type SpecError, type SystemSpec } from '../src/index.ts';
import { memoryFiles } from './memory-files.ts';

export type Texts = Readonly<Record<string, string>>;

export const ORDERS = 'services/orders/service.yaml';

/** A system of one service, `orders`, with this `service.yaml`. */
export function orders(text: string, others: Texts = {}): Texts {
  return { 'islet.yaml': 'system: shop\n', [ORDERS]: text, ...others };
}

export function errorsOf(texts: Texts, environment?: string): readonly SpecError[] {
  const result = parseSystem(memoryFiles(texts), { environment });
  return result.kind === 'errors' ? result.errors : [];
}

/** Every error as its first line, as a person reads it. */
export function linesOf(texts: Texts, environment?: string): readonly string[] {
  return errorsOf(texts, environment).map((error) => formatError(error)[0] ?? '');
}

export function parsed(texts: Texts, environment?: string): { spec: SystemSpec; warnings: readonly string[] } {
  const result = parseSystem(memoryFiles(texts), { environment });
  assert.equal(
    result.kind,
    'ok',
    result.kind === 'errors' ? result.errors.flatMap((e) => formatError(e)).join('\n') : '',
  );
  assert(result.kind === 'ok');
  return { spec: result.spec, warnings: result.warnings.flatMap((warning) => formatError(warning)) };
}

export function serviceOf(texts: Texts, environment?: string): ServiceSpec {
  return parsed(texts, environment).spec.services.find((service) => service.name === 'orders')!;
}
